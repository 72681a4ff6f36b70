from dataclasses import replace

import pytest

from netwatch.attempt import make_attempt
from netwatch.cli.main import main
from netwatch.config import load
from netwatch.model import Outcome
from netwatch.probe import Services
from netwatch.probes.kube_proxy.probe import KubeProxyOptions
from netwatch.validation import ConfigError
from tests.http_server import everything_is_here
from tests.knocking import nobody
from tests.probes.kube_proxy.proxy import a_kube_proxy, kube_proxy_target

CONFIG = "checks: {{kube-proxy: {{source: {{static: [127.0.0.1]}}, probe: {{kube_proxy: {}}}}}}}"


def test_an_empty_mapping_is_all_it_needs() -> None:
    options = load(CONFIG.format("{}"), "f", {}).checks["kube-proxy"].probe_options
    assert options == KubeProxyOptions()
    assert (KubeProxyOptions().metrics_port, KubeProxyOptions().health_port) == (10249, 10256)


def test_an_unknown_option_is_an_error() -> None:
    with pytest.raises(ConfigError, match="unknown key"):
        load(CONFIG.format("{metric_port: 1}"), "f", {})


async def test_each_target_is_remembered_on_its_own() -> None:
    async with a_kube_proxy() as proxy:
        probe = proxy.options.open(Services(everything_is_here))
        seen = await make_attempt(probe, kube_proxy_target(), 5)
    gone = await make_attempt(probe, kube_proxy_target(), 5)
    assert (seen.outcome, gone.outcome) == (Outcome.OK, Outcome.ABSENT)


async def test_a_url_says_where_the_metrics_are() -> None:
    async with a_kube_proxy() as proxy:
        probe = proxy.options.model_copy(update={"metrics_port": 1}).open(
            Services(everything_is_here)
        )
        target = kube_proxy_target()
        port = proxy.metrics.port
        target.endpoint = replace(target.endpoint, url=f"http://127.0.0.1:{port}", port=port)
        result = await make_attempt(probe, target, 5)
    assert result.outcome is Outcome.OK
    assert proxy.metrics.paths == ["/metrics", "/proxyMode"]


@pytest.mark.parametrize("name", ["kube-proxy", "kube_proxy"])
def test_from_a_shell_it_needs_no_target_and_its_name_may_have_a_dash(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ports = ("--metrics-port", str(nobody()), "--health-port", str(nobody()))
    assert main(["probe", name, *ports, "-o", "table"]) == 0
    out = capsys.readouterr().out
    assert "absent: nobody has ever listened" in out
    assert out.endswith("127.0.0.1 is not there, and need not be.\n")
    assert main(["probe", name, *ports, "--must-exist", "-o", "table"]) == 1

"""What the values make of the agents' configuration."""

from pathlib import Path

import pytest

from netwatch.config import Config, load
from tests.charts.helm import RefusedError, Values, agent_config, objects
from tests.charts.matrix import A_CHECK, WITH_TOKENS
from tests.programs import run_netwatch

OTHER = {"source": {"static": ["10.0.0.9"]}, "probe": {"icmp": {}}}


def config(values: Values, agents: str = "netwatch", pod_ip: str = "10.0.0.1") -> Config:
    text = agent_config(agents, objects(values))
    return load(text, "netwatch.yaml", {"POD_IP": pod_ip, "NODE_NAME": "kube-1"})


def hosts(found: Config, check: str) -> list[str]:
    options = found.checks[check].source_options.model_dump()  # type: ignore[attr-defined]
    return [target["host"] for target in options]


def test_by_default_the_agents_run_the_default_checks() -> None:
    assert config({}).checks == load("defaults: {enabled: true}", "f", {}).checks


def test_the_users_checks_come_on_top() -> None:
    default = set(config({}).checks)
    assert set(config({"checks": {"wiki": A_CHECK}}).checks) == default | {"wiki"}
    alone = {"defaults": {"enabled": False}, "checks": {"wiki": A_CHECK}}
    assert set(config(alone).checks) == {"wiki"}


def test_a_default_check_can_be_left_out() -> None:
    without = config({"defaults": {"without": ["kube-proxy"]}}).defaults.without
    assert without == ["kube-proxy"]


def test_all_other_keys_of_the_configuration_are_merged() -> None:
    values = {"config": {"compat": {"ping_exporter": True}, "reload_endpoint": True}}
    found = config(values)
    assert found.compat.ping_exporter
    assert found.reload_endpoint
    assert found.listen == config({}).listen


@pytest.mark.parametrize("pod_ip", ["10.0.0.1", "fd00::7"])
def test_agents_listen_on_loopback_and_on_their_address_of_either_family(pod_ip: str) -> None:
    assert config({"port": 9000}, pod_ip=pod_ip).listen == [("127.0.0.1", 9000), (pod_ip, 9000)]


def test_agents_in_the_pod_network_have_the_same_checks_or_their_own() -> None:
    values = {
        "checks": {"a": A_CHECK, "b": A_CHECK},
        "podNetwork": {"enabled": True, "checks": {"b": OTHER, "c": OTHER}},
    }
    on_nodes, in_pods = config(values), config(values, "netwatch-pod")
    assert [hosts(on_nodes, name) for name in "ab"] == [["10.0.0.7"], ["10.0.0.7"]]
    assert [hosts(in_pods, name) for name in "abc"] == [["10.0.0.7"], ["10.0.0.9"], ["10.0.0.9"]]
    assert "c" not in on_nodes.checks


def test_agents_in_the_pod_network_have_the_same_configuration_or_their_own() -> None:
    values = {
        "config": {"udp_echo": {"listen": [":9848"], "rate": 5}},
        "podNetwork": {"enabled": True, "config": {"udp_echo": {"rate": 7}}},
    }
    echoes = [config(values, name).udp_echo for name in ("netwatch", "netwatch-pod")]
    assert [(echo.listen, echo.rate) for echo in echoes] == [
        ([("", 9848)], 5),
        ([("", 9848)], 7),
    ]


def test_nobody_looks_for_kube_proxy_from_the_pod_network() -> None:
    values = {"podNetwork": {"enabled": True}, "defaults": {"without": ["nodes"]}}
    assert config(values, "netwatch-pod").defaults.without == ["nodes", "kube-proxy"]
    assert config(values).defaults.without == ["nodes"]


def test_agents_with_nothing_to_measure_are_refused() -> None:
    with pytest.raises(RefusedError, match=r"set defaults\.enabled or checks"):
        objects({"defaults": {"enabled": False}})


def test_agents_ask_who_scrapes_where_that_is_delegated_and_keep_what_else_is_said() -> None:
    audiences = {"kubernetes_auth": {"audiences": ["netwatch"]}, **WITH_TOKENS["config"]["web"]}
    found = config({**WITH_TOKENS, "config": {"web": audiences}}).web
    assert found.kubernetes_auth.enabled
    assert found.kubernetes_auth.audiences == ["netwatch"]
    assert found.config_file == "/secrets/web.yml"
    assert not config({}).web.kubernetes_auth.enabled


@pytest.mark.parametrize("without", ["scheme", "config"])
def test_tokens_in_the_clear_are_refused(without: str) -> None:
    values = {key: value for key, value in WITH_TOKENS.items() if key != without}
    with pytest.raises(RefusedError, match="tokens would be seen on the way"):
        objects(values)


def test_no_agents_at_all_are_refused() -> None:
    with pytest.raises(RefusedError, match="there would be no agent"):
        objects({"hostNetwork": {"enabled": False}})


def test_the_command_that_checks_files_takes_that_of_the_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POD_IP", "fd00::7")
    monkeypatch.setenv("NODE_NAME", "kube-1")
    file = tmp_path / "netwatch.yaml"
    file.write_text(agent_config("netwatch", objects({"checks": {"wiki": A_CHECK}})))
    done = run_netwatch("config", "check", str(file))
    assert (done.returncode, done.stderr) == (0, "")

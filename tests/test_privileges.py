"""The agent works with the privileges that the chart gives it, and no more.

setpriv(1) and a read-only root make what a container runtime would. Seccomp filters are not tried.
"""

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.helm import Object, objects, of_kind
from tests.namespaces import Namespace, connect
from tests.programs import Agent, StartAgent

NET_RAW = 1 << 13

CONFIG = """
checks:
  peer:
    source: {static: [10.9.1.2, "fd09:1::2"]}
    probe: {icmp: {interval: 100ms}}
"""

Namespaces = Callable[[str], Namespace]

pytestmark = pytest.mark.netns


def security_context(name: str) -> Object:
    values = {"podNetwork": {"enabled": True}}
    spec = of_kind("DaemonSet", objects(values))[name]["spec"]["template"]["spec"]
    [container] = spec["containers"]
    return {**spec["securityContext"], **container["securityContext"]}


def as_the_chart_says(context: Object) -> tuple[str, ...]:
    """Return what starts a program with the privileges of a security context."""
    assert context["capabilities"]["drop"] == ["ALL"]
    added = [f"+{name.lower()}" for name in context["capabilities"].get("add", ())]
    setpriv = ["setpriv", "--bounding-set", ",".join(["-all", *added]), "--inh-caps=-all"]
    if not context["allowPrivilegeEscalation"]:
        setpriv.append("--no-new-privs")
    assert context["readOnlyRootFilesystem"]
    # Nor could coverage.py write what it found.
    script = (
        "mount -o remount,bind,ro / && unset COVERAGE_PROCESS_CONFIG COVERAGE_PROCESS_START && "
        f'exec {shlex.join(setpriv)} "$@"'
    )
    return ("unshare", "--mount", "sh", "-c", script, "sh")


def status(agent: Agent) -> dict[str, str]:
    """Return what the kernel says of the process, see proc_pid_status(5)."""
    text = Path(f"/proc/{agent._process.pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def start(
    name: str, netns: Namespaces, start_agent: StartAgent, *, pings_by_group: bool
) -> tuple[Agent, Namespace]:
    here, peer = netns("here"), netns("peer")
    connect(here, peer)
    if pings_by_group:
        [sysctl] = security_context(name)["sysctls"]
        here.sysctl(sysctl["name"], sysctl["value"])
    with here:
        return start_agent(CONFIG, prefix=as_the_chart_says(security_context(name))), here


def check_that_it_works(agent: Agent, here: Namespace) -> None:
    with here:
        for address in ("10.9.1.2", "fd09:1::2"):
            agent.wait_for_packets(5, address=address)
        assert agent.request("/-/healthy").status == 200
        assert agent.request("/-/ready").status == 200
        assert agent.scrape().value("netwatch_local_errors_total") == 0
    assert agent.complaints == []


def test_with_raw_sockets_alone_the_agent_pings_and_serves(
    netns: Namespaces, start_agent: StartAgent
) -> None:
    agent, here = start("netwatch", netns, start_agent, pings_by_group=False)
    check_that_it_works(agent, here)
    said = status(agent)
    for kind in ("CapEff", "CapPrm", "CapBnd"):
        assert int(said[kind], 16) == NET_RAW
    assert said["NoNewPrivs"] == "1"
    assert agent.stop() == 0


def test_without_any_capability_the_agent_pings_where_the_sysctl_of_the_chart_lets_it(
    netns: Namespaces, start_agent: StartAgent
) -> None:
    """As UID 0, because another one may not read this checkout; it has no privilege from that."""
    agent, here = start("netwatch-pod", netns, start_agent, pings_by_group=True)
    check_that_it_works(agent, here)
    assert int(status(agent)["CapPrm"], 16) == 0
    assert agent.stop() == 0


def test_the_root_file_system_is_read_only(tmp_path: Path) -> None:
    """Or the tests above would not show that nothing is written."""
    prefix = as_the_chart_says(security_context("netwatch"))
    file = tmp_path / "written"
    done = subprocess.run([*prefix, "touch", file], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Read-only file system" in done.stderr

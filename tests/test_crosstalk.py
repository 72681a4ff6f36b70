"""Pingers that share a host share its ICMP; none may take another's reply for its own."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.namespaces import Namespace, connect
from tests.programs import Agent, StartAgent, run_netwatch

NEAR, FAR, BLACK_HOLE = "10.9.1.2", "10.9.1.3", "10.9.1.4"
NEAR_V6, BLACK_HOLE_V6 = "fd09:1::2", "fd09:1::4"
AS_PROCESS_1 = ("unshare", "--pid", "--fork", "--kill-child=KILL")

Netns = Callable[[str], Namespace]

pytestmark = pytest.mark.netns


@pytest.fixture
def host(netns: Netns) -> Iterator[Namespace]:
    """Be on a host whose neighbour has three addresses, one of which is a black hole."""
    host, neighbour = netns("host"), netns("neighbour")
    connect(host, neighbour)
    for address in (f"{FAR}/24", f"{BLACK_HOLE}/24", f"{BLACK_HOLE_V6}/64"):
        neighbour.add_address(address, "to-host")
    neighbour.nft(f"add rule inet t input ip daddr {BLACK_HOLE} drop")
    neighbour.nft(f"add rule inet t input ip6 daddr {BLACK_HOLE_V6} icmpv6 type echo-request drop")
    with host:
        yield host


def _pinging(*targets: str) -> str:
    """Return a configuration with so long a timeout that a busy machine loses nothing."""
    probe = "icmp: {interval: 10ms, timeout: 30s}"
    return f"checks: {{all: {{source: {{static: {json.dumps(targets)}}}, probe: {{{probe}}}}}}}"


def _check_undisturbed(agent: Agent, *targets: str) -> None:
    """Wait for 200 replies from each target; nothing else may have come."""
    for target in targets:
        agent.wait_for_packets(200, target=target)
    scrape = agent.scrape()
    sent, received = "netwatch_icmp_packets_sent_total", "netwatch_icmp_packets_received_total"
    assert scrape.value(sent) == scrape.value(received)
    for name in ("foreign_replies", "late", "duplicates", "corrupt"):
        samples = scrape.find(f"netwatch_icmp_{name}_total")
        assert {sample.value for sample in samples} == {0}, name


@contextmanager
def _running(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a program next to the block; it has ended, or ends there."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.skipif(
    None in {shutil.which("fping"), shutil.which("ping")}, reason="fping or ping is not installed"
)
@pytest.mark.usefixtures("host")
def test_two_agents_fping_and_ping_keep_to_their_own_replies(
    start_agent: StartAgent, tmp_path: Path
) -> None:
    agents: dict[Agent, tuple[str, ...]] = {}
    for asked in ((NEAR, NEAR_V6), (NEAR, FAR)):
        config = tmp_path / f"{len(agents)}.yaml"
        config.write_text(_pinging(*asked))
        agents[start_agent(config)] = asked
    fping = ("fping", "-q", "-c", "100", "-p", "20", "-t", "20000", NEAR, FAR)
    ping = ("ping", "-q", "-c", "100", "-i", "0.02", NEAR)
    with _running(*fping) as fpinging, _running(*ping) as pinging:
        for agent, targets in agents.items():
            _check_undisturbed(agent, *targets)
        said = fpinging.communicate(timeout=30)[0] + pinging.communicate(timeout=30)[0]
    assert said.count("100/100/0%") == 2, said
    assert "100 packets transmitted, 100 received, 0% packet loss" in said


@pytest.mark.usefixtures("host")
@pytest.mark.parametrize(("alive", "dead"), [(NEAR, BLACK_HOLE), (NEAR_V6, BLACK_HOLE_V6)])
def test_two_processes_of_one_id_keep_to_their_own_replies(
    start_agent: StartAgent, alive: str, dead: str
) -> None:
    agent = start_agent(_pinging(alive), prefix=AS_PROCESS_1)
    with _running(*AS_PROCESS_1, "ping", "-q", "-i", "0.02", alive):
        done = run_netwatch(
            *("probe", "icmp", dead, "-c", "100", "-i", "10ms", "-t", "300ms", "-o", "json"),
            prefix=AS_PROCESS_1,
        )
        _check_undisturbed(agent, alive)
    assert done.returncode == 1
    report: dict[str, Any] = json.loads(done.stdout)
    (target,) = report["targets"]
    assert (target["sent"], target["received"], target["lost"]) == (100, 0, 100)
    assert target["loss_ratio"] == 1.0
    assert (target["late"], target["corrupt"], target["duplicates"]) == (0, 0, 0)

"""Ten nodes of a cluster on one wire: who notices that one of them was cut off, and how soon.

Counted from the first packet that is lost, a target is down after (`down_after` - 1) intervals and
a timeout. Where pings come often enough, that is within two timeouts. By default it is three:
three failures, a second apart, and each known a second after it was sent.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.apiserver import ScriptedServer
from tests.kubernetes.objects import NODES, a_node
from tests.namespaces import Namespace
from tests.programs import DEADLINE_SECONDS, NETWATCH, Agent, Scrape, fetch

Netns = Callable[[str], Namespace]

API_SERVER = "10.9.0.254"
ADDRESSES = {f"kube-{number}": f"10.9.0.{number}" for number in range(1, 11)}
LOST = "kube-3"
PORT = 9847
CONFIG = """\
node_name: "${NODE_NAME}"
checks:
  often:
    source: {nodes: }
    probe: {icmp: {interval: 100ms, timeout: 3s}}
    state: {down_after: 3, down_for: 0s, up_after: 3, up_for: 0s}
  by-default:
    source: {nodes: }
    probe: {icmp: }
"""
LATEST_SECONDS = {"often": 2 * 3, "by-default": 3 * 1 + 2}
"""The log says in whole seconds when it began, what is past its deadline is seen to be on the next
beat, and the machine is busy: hence two seconds more than three timeouts."""
CUT = """\
add rule inet t input iifname != lo drop
add rule inet t output oifname != lo drop
"""


def wire_up(switch: Namespace, netns: Netns) -> dict[str, Namespace]:
    """Return the nodes, which share one bridge with the API server."""
    switch.ip("link add wire type bridge")
    switch.ip("link set wire up")
    switch.add_address(f"{API_SERVER}/24", "wire")
    nodes = {name: netns(name) for name in ADDRESSES}
    for name, node in nodes.items():
        switch.ip(f"link add {name} type veth peer name eth0 netns {node.path}")
        switch.ip(f"link set {name} master wire up")
        node.ip("link set eth0 up")
        node.add_address(f"{ADDRESSES[name]}/24", "eth0")
    return nodes


@dataclass(frozen=True)
class Node:
    """A node, and the agent on it."""

    name: str
    namespace: Namespace
    agent: Agent

    @property
    def others(self) -> set[str]:
        return ADDRESSES.keys() - {self.name}

    def sees(self, lost: str = "") -> dict[tuple[str, str], bool]:
        """What each check has to say where one node is cut off."""
        return {
            (check, other): lost not in {self.name, other}
            for check in LATEST_SECONDS
            for other in self.others
        }

    def seen(self) -> dict[tuple[str, str], bool]:
        """Which other nodes are up by which check, as its agent serves it; nothing before."""
        if not self.agent.urls:
            return {}
        with self.namespace:
            page = fetch((ADDRESSES[self.name], PORT), "/metrics").text
        samples = Scrape(page).find("netwatch_target_up")
        return {(one.labels["check"], one.labels["target"]): one.value == 1 for one in samples}

    def told(self, *states: str) -> list[dict[str, Any]]:
        """Return the transitions to these states, as its agent has logged them."""
        facts = [json.loads(line) for line in self.agent.log.splitlines()]
        return [one for one in facts if one.get("state") in states]

    def check_what_it_told(self) -> None:
        """Only those whom it could not reach may be said to be unwell, each down once, in time."""
        unreachable = {key for key, is_up in self.sees(LOST).items() if not is_up}
        downs = self.told("down")
        assert sorted(map(key_of, downs)) == sorted(unreachable), self.name
        late = [one for one in downs if seconds_to_notice(one) > LATEST_SECONDS[one["check"]]]
        assert not late
        assert set(map(key_of, self.told("down", "degraded"))) == unreachable


@contextlib.contextmanager
def agents_on(
    nodes: dict[str, Namespace], kubeconfig: Path, folder: Path
) -> Iterator[dict[str, Node]]:
    """Run an agent on each node, all started at once, for the block."""
    config = folder / "netwatch.yaml"
    config.write_text(CONFIG)
    started: dict[str, Node] = {}
    try:
        for name, namespace in nodes.items():
            own = folder / name
            own.mkdir()
            environment = ("env", f"NODE_NAME={name}", f"KUBECONFIG={kubeconfig}")
            listen = ("--listen", f"{ADDRESSES[name]}:{PORT}")
            options = ("--config", str(config), *listen, "--log-format", "json")
            with namespace:
                agent = Agent([*environment, *NETWATCH, "agent", *options], own)
            started[name] = Node(name, namespace, agent)
        yield started
    finally:
        for node in started.values():
            node.agent.kill()
    for node in started.values():
        assert "Traceback" not in node.agent.log


@contextlib.asynccontextmanager
async def api_server_on(switch: Namespace, folder: Path) -> AsyncIterator[ScriptedServer]:
    """Serve the nodes, at an address of the wire."""
    server = ScriptedServer(folder, API_SERVER)
    for name, address in ADDRESSES.items():
        await server.put(NODES, a_node(name, address))
    with switch:  # its socket stays there
        await server.start()
    yield server
    await server.stop()


async def until_all_see(nodes: dict[str, Node], lost: str = "") -> None:
    """Look at one node after the other until each says so."""
    for node in nodes.values():
        seen: dict[tuple[str, str], bool] = {}
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while (seen := node.seen()) != node.sees(lost):  # noqa: ASYNC110 - series are no events
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pytest.fail(f"{node.name} sees {seen}: {node.agent.log}")


def key_of(told: dict[str, Any]) -> tuple[str, str]:
    return told["check"], told["target"]


def seconds_to_notice(told: dict[str, Any]) -> float:
    """Return how long after the first lost packet left it was told; at most a second too much."""
    noticed, since = (datetime.fromisoformat(told[key]) for key in ("time", "since"))
    return (noticed - since).total_seconds()


@pytest.mark.netns
@pytest.mark.timeout(120)
@pytest.mark.usefixtures("may_ping")
async def test_a_node_that_is_cut_off_is_seen_by_all_others_in_time_and_nothing_else(
    netns: Netns, tmp_path: Path
) -> None:
    switch = netns("switch")
    namespaces = wire_up(switch, netns)
    async with api_server_on(switch, tmp_path) as server:
        with agents_on(namespaces, server.kubeconfig, tmp_path) as nodes:
            await until_all_see(nodes)
            namespaces[LOST].nft(CUT)
            await until_all_see(nodes, LOST)
            namespaces[LOST].forget_rules()
            await until_all_see(nodes)
            for node in nodes.values():
                node.check_what_it_told()

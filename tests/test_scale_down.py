"""Nodes come, go and fail in a cluster that scales: what an agent that follows them says of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from netwatch.check import SOURCE_FAMILIES, CheckParts, RunningCheck
from netwatch.exposition.table import Table
from netwatch.known import KnownAddresses
from netwatch.model import Outcome, Status, Target
from netwatch.net.resolver import Answer
from netwatch.resolution import ResolveOptions
from netwatch.sampling import PEERS_FAMILIES
from netwatch.source import SourceOptions, SourceServices
from netwatch.sources.endpoints import EndpointsOptions
from netwatch.sources.nodes import NodesOptions
from netwatch.state import StateOptions
from netwatch.tracking import Tracker
from tests.kubernetes.apiserver import ApiServer
from tests.kubernetes.keepingup import cluster_of, soon
from tests.kubernetes.objects import NODES, SYSTEM_SLICES, a_node, a_slice, an_endpoint
from tests.nouns import a_batch, a_check
from tests.test_tracking import Diary

NEW_POD = an_endpoint("10.1.0.8", "dns-1", ready=False)
OLD_POD = an_endpoint("10.1.0.7", "dns-0")


async def nobody_asks(host: str) -> Answer:
    raise AssertionError(host)


@dataclass
class Agent:
    """A check whose targets are pinged by hand; whose name is in `silent` does not answer."""

    diary: Diary = field(default_factory=Diary)
    silent: set[str] = field(default_factory=set)
    targets: list[Target] = field(default_factory=list)
    seconds: float = 0.0
    """What time it is."""

    def __post_init__(self) -> None:
        self.tracker = Tracker([self.diary], now=lambda: self.seconds)

    def join(self, target: Target, *, first: float | None = None, count: int | None = None) -> None:
        del first, count
        self.targets.append(target)

    def leave(self, target: Target) -> None:
        self.targets.remove(target)

    def work(self, seconds: int) -> None:
        """Ping every target once a second, for so long."""
        for _ in range(seconds):
            self.seconds += 1
            for target in self.targets:
                is_silent = target.endpoint.name in self.silent
                outcome = Outcome.TIMEOUT if is_silent else Outcome.OK
                self.tracker.take(a_batch(target, outcome))

    async def sees(self, **states: str) -> None:
        """Wait until it knows these targets in these states, and no others."""

        def known() -> dict[str, str]:
            return {one.endpoint.name.replace("-", "_"): one.endpoint.state for one in self.targets}

        await soon(lambda: known() == states, known)

    @property
    def said(self) -> list[tuple[str, Status]]:
        return [(one.target.endpoint.name, one.after) for one in self.diary.transitions]


ALL_NODES = NodesOptions.model_validate({"grace": "0s"})


@asynccontextmanager
async def agent_of(server: ApiServer, options: SourceOptions = ALL_NODES) -> AsyncIterator[Agent]:
    agent = Agent()
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        parts = CheckParts(
            check=a_check("nodes"),
            source_name="nodes",
            source=options.open(SourceServices(cluster, "kube-0")),
            following=agent,
            resolve_options=ResolveOptions(),
            state_options=StateOptions(),
        )
        check = RunningCheck(
            parts,
            tracker=agent.tracker,
            resolve=nobody_asks,
            sources=Table(SOURCE_FAMILIES),
            peers=Table(PEERS_FAMILIES),
            known=KnownAddresses(),
            complain=pytest.fail,
        )
        running = group.create_task(check.run(), name="check")
        yield agent
        running.cancel()


async def test_a_node_that_is_scaled_away_raises_nothing(api_server: ApiServer) -> None:
    taint = ("ToBeDeletedByClusterAutoscaler",)
    await api_server.put(NODES, a_node("kube-1", "10.0.0.1"))
    async with agent_of(api_server) as agent:
        await agent.sees(kube_1="ready")
        agent.work(10)
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1", taints=taint))
        await agent.sees(kube_1="leaving")
        agent.work(2)
        agent.silent.add("kube-1")
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1", taints=taint, ready=False))
        agent.work(60)
        await api_server.delete(NODES, "kube-1")
        await agent.sees()
        assert agent.said == [("kube-1", Status.UP)]


async def test_a_node_that_is_deleted_raises_nothing(api_server: ApiServer) -> None:
    await api_server.put(NODES, a_node("kube-1", "10.0.0.1"))
    async with agent_of(api_server) as agent:
        await agent.sees(kube_1="ready")
        agent.work(10)
        await api_server.doom(NODES, "kube-1")
        await agent.sees(kube_1="leaving")
        agent.silent.add("kube-1")
        agent.work(60)
        await api_server.delete(NODES, "kube-1")
        await agent.sees()
        assert agent.said == [("kube-1", Status.UP)]


async def test_a_node_that_fails_is_down_whatever_the_cluster_calls_it(
    api_server: ApiServer,
) -> None:
    taint = ("node.kubernetes.io/not-ready",)
    await api_server.put(NODES, a_node("kube-1", "10.0.0.1"))
    async with agent_of(api_server) as agent:
        await agent.sees(kube_1="ready")
        agent.work(10)
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1", ready=False, taints=taint))
        await agent.sees(kube_1="not_ready")
        agent.silent.add("kube-1")
        agent.work(10)
        assert agent.said[-1] == ("kube-1", Status.DOWN)


async def test_a_node_that_starts_has_its_time(api_server: ApiServer) -> None:
    born = datetime.now(UTC).isoformat()
    async with agent_of(api_server, NodesOptions()) as agent:
        agent.silent.add("kube-1")
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1", created=born, ready=False))
        await agent.sees(kube_1="joining")
        agent.work(60)
        agent.silent.clear()
        agent.work(5)
        assert agent.said == [("kube-1", Status.UP)]


async def test_a_pod_of_a_service_that_starts_has_its_time_and_one_that_fails_has_none(
    api_server: ApiServer,
) -> None:
    of_dns = EndpointsOptions(namespace="kube-system", service="kube-dns")
    await api_server.put(SYSTEM_SLICES, a_slice("a", OLD_POD))
    async with agent_of(api_server, of_dns) as agent:
        await agent.sees(dns_0="ready")
        await api_server.put(SYSTEM_SLICES, a_slice("a", OLD_POD, NEW_POD))
        await agent.sees(dns_0="ready", dns_1="joining")
        agent.silent.update({"dns-0", "dns-1"})
        agent.work(60)
        assert agent.said == [("dns-0", Status.DOWN)]
        agent.silent.clear()
        agent.work(5)
        assert agent.said == [("dns-0", Status.DOWN), ("dns-1", Status.UP), ("dns-0", Status.UP)]

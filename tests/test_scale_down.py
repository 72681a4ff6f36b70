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
from netwatch.source import SourceServices
from netwatch.sources.nodes import NodesOptions
from netwatch.state import StateOptions
from netwatch.tracking import Tracker
from tests.kubernetes.apiserver import ScriptedServer
from tests.kubernetes.keepingup import cluster_of
from tests.kubernetes.objects import NODES, a_node
from tests.nouns import a_batch, a_check
from tests.test_tracking import Diary

pytestmark = pytest.mark.virtual_time


async def nobody_asks(host: str) -> Answer:
    raise AssertionError(host)


@dataclass
class Agent:
    """A check of nodes; whose name is in `silent` does not answer."""

    tracker: Tracker
    diary: Diary
    silent: set[str] = field(default_factory=set)
    targets: list[Target] = field(default_factory=list)

    def join(self, target: Target, *, first: float | None = None, count: int | None = None) -> None:
        del first, count
        self.targets.append(target)

    def leave(self, target: Target) -> None:
        self.targets.remove(target)

    async def work(self, seconds: int) -> None:
        """Ping every target once a second."""
        for _ in range(seconds):
            await asyncio.sleep(1)
            for target in self.targets:
                is_silent = target.endpoint.name in self.silent
                outcome = Outcome.TIMEOUT if is_silent else Outcome.OK
                self.tracker.take(a_batch(target, outcome))

    @property
    def said(self) -> list[tuple[str, Status]]:
        return [(one.target.endpoint.name, one.after) for one in self.diary.transitions]


@asynccontextmanager
async def agent_of(server: ScriptedServer) -> AsyncIterator[Agent]:
    loop, diary = asyncio.get_running_loop(), Diary()
    agent = Agent(Tracker([diary], now=loop.time), diary)
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        parts = CheckParts(
            check=a_check("nodes"),
            source_name="nodes",
            source=NodesOptions().open(SourceServices(cluster, "kube-0")),
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


async def test_a_node_that_is_scaled_away_raises_nothing(scripted: ScriptedServer) -> None:
    taint = ("ToBeDeletedByClusterAutoscaler",)
    await scripted.put(NODES, a_node("kube-1", "10.0.0.1"))
    async with agent_of(scripted) as agent:
        await agent.work(10)
        await scripted.put(NODES, a_node("kube-1", "10.0.0.1", taints=taint))
        await agent.work(2)
        agent.silent.add("kube-1")
        await scripted.put(NODES, a_node("kube-1", "10.0.0.1", taints=taint, ready=False))
        await agent.work(60)
        await scripted.delete(NODES, "kube-1")
        await agent.work(10)
        assert agent.targets == []
        assert agent.said == [("kube-1", Status.UP)]


async def test_a_node_that_fails_is_down_whatever_the_cluster_calls_it(
    scripted: ScriptedServer,
) -> None:
    await scripted.put(NODES, a_node("kube-1", "10.0.0.1"))
    async with agent_of(scripted) as agent:
        await agent.work(10)
        unwell = a_node("kube-1", "10.0.0.1", ready=False, taints=("node.kubernetes.io/not-ready",))
        await scripted.put(NODES, unwell)
        agent.silent.add("kube-1")
        await agent.work(10)
        assert agent.said[-1] == ("kube-1", Status.DOWN)


async def test_a_node_that_starts_has_its_time(scripted: ScriptedServer) -> None:
    async with agent_of(scripted) as agent:
        agent.silent.add("kube-1")
        born = datetime.now(UTC).isoformat()
        await scripted.put(NODES, a_node("kube-1", "10.0.0.1", created=born, ready=False))
        await agent.work(60)
        agent.silent.clear()
        await agent.work(5)
        assert agent.said == [("kube-1", Status.UP)]

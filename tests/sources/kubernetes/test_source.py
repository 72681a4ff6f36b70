import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from netwatch.endpoint import Endpoint
from netwatch.net.kubernetes.objects import Node
from netwatch.sources.kubernetes.reading import Reading, Readings
from netwatch.sources.kubernetes.source import ClusterSource
from tests.kubernetes.apiserver import ScriptedServer
from tests.kubernetes.keepingup import ALL_NODES, cluster_of
from tests.kubernetes.objects import NODES, a_node
from tests.sources.publisher import Published

pytestmark = pytest.mark.virtual_time


def by_name(node: Node, now: float) -> Reading:
    del now
    return Reading((Endpoint(name=node.metadata.name, host="10.0.0.1"),))


def young_for_a_minute(node: Node, now: float) -> Reading:
    assert node.metadata.creation_timestamp
    until = node.metadata.creation_timestamp.timestamp() + 60
    name = "young" if now < until else "grown"
    return Reading((Endpoint(name=name, host="h"),), until if now < until else None)


@asynccontextmanager
async def following(server: ScriptedServer) -> AsyncIterator[Published]:
    published = Published()
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        source = ClusterSource(cluster, [ALL_NODES], Readings(by_name))
        running = group.create_task(source.run(published), name="source")
        await asyncio.sleep(1)
        yield published
        running.cancel()


async def test_nothing_is_said_before_something_is_known(scripted: ScriptedServer) -> None:
    async with following(scripted) as published:
        assert published.snapshots == [()]
        assert published.failures == []


async def test_many_changes_are_published_together(scripted: ScriptedServer) -> None:
    async with following(scripted) as published:
        for number in range(100):
            await scripted.put(NODES, a_node(f"kube-{number}"))
            await asyncio.sleep(0.01)
        await asyncio.sleep(2)
        assert len(published.names) == 100
        assert len(published.snapshots) <= 15


async def test_what_changes_no_target_is_not_published(scripted: ScriptedServer) -> None:
    await scripted.put(NODES, a_node("kube-1"))
    async with following(scripted) as published:
        for number in range(10):
            await scripted.put(NODES, a_node("kube-1", labels={"beat": str(number)}))
            await asyncio.sleep(1)
        assert len(published.snapshots) == 1


async def test_a_server_that_is_away_is_told_once_and_that_it_is_back(
    scripted: ScriptedServer,
) -> None:
    await scripted.put(NODES, a_node("kube-1"))
    async with following(scripted) as published:
        port = scripted.port
        await scripted.stop()
        await asyncio.sleep(600)
        assert len(published.snapshots) == 1
        assert len(set(published.failures)) == len(published.failures) <= 2
        assert "cannot be asked" in published.failures[-1]
        await scripted.start(port)
        await asyncio.sleep(70)
        assert [len(snapshot) for snapshot in published.snapshots] == [1, 1]


@asynccontextmanager
async def following_a_young_node(server: ScriptedServer) -> AsyncIterator[Published]:
    """Follow a node that is grown after a minute."""
    loop, published = asyncio.get_running_loop(), Published()
    start = loop.time()
    await server.put(NODES, a_node("kube-1", created="2020-01-01T00:00:00Z"))
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        source = ClusterSource(
            cluster,
            [ALL_NODES],
            Readings(young_for_a_minute),
            wall=lambda: 1_577_836_800 + loop.time() - start,
        )
        running = group.create_task(source.run(published), name="source")
        await asyncio.sleep(1)
        yield published
        running.cancel()


async def test_what_is_known_for_a_time_changes_without_the_server(
    scripted: ScriptedServer,
) -> None:
    async with following_a_young_node(scripted) as published:
        await asyncio.sleep(58)
        assert published.names == ["young"]
        await asyncio.sleep(3)
        assert published.names == ["grown"]
        assert len(published.snapshots) == 2


async def test_what_changes_while_the_server_is_away_is_told_and_ends_no_failure(
    scripted: ScriptedServer,
) -> None:
    async with following_a_young_node(scripted) as published:
        await scripted.stop()
        await asyncio.sleep(50)
        failures = list(published.failures)
        await asyncio.sleep(20)
        assert published.names == ["grown"]
        assert published.is_failing
        assert published.failures == failures

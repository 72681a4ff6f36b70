import asyncio

import pytest

from netwatch.net.kubernetes.cluster import Cluster
from netwatch.net.kubernetes.query import Query
from tests.kubernetes.apiserver import ScriptedServer
from tests.kubernetes.keepingup import ALL_NODES, api_of, cluster_of, names
from tests.kubernetes.objects import NODES, a_node

pytestmark = pytest.mark.virtual_time

SOME_NODES = Query(NODES, ALL_NODES.codec, label_selector="pool=web")


async def test_who_asks_for_the_same_objects_shares_one_watch(scripted: ScriptedServer) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    async with cluster_of(scripted) as cluster:
        with cluster.following(ALL_NODES, first) as one, cluster.following(ALL_NODES, second):
            await asyncio.sleep(1)
            first.clear()
            second.clear()
            await scripted.put(NODES, a_node("kube-1"))
            await asyncio.sleep(1)
            assert first.is_set()
            assert second.is_set()
            assert names(one) == ["kube-1"]
    assert (len(scripted.lists), len(scripted.watches)) == (1, 1)


async def test_who_comes_later_is_told_at_once(scripted: ScriptedServer) -> None:
    later = asyncio.Event()
    async with cluster_of(scripted) as cluster:
        with cluster.following(ALL_NODES, asyncio.Event()):
            await asyncio.sleep(1)
            with cluster.following(ALL_NODES, later) as reflector:
                assert later.is_set()
                assert reflector.objects == {}


async def test_other_selectors_are_other_objects(scripted: ScriptedServer) -> None:
    async with cluster_of(scripted) as cluster:
        with (
            cluster.following(ALL_NODES, asyncio.Event()),
            cluster.following(SOME_NODES, asyncio.Event()),
        ):
            await asyncio.sleep(1)
            assert len(cluster) == 2
    assert len(scripted.watches) == 2


async def test_what_nobody_follows_any_more_is_asked_for_no_more(scripted: ScriptedServer) -> None:
    async with cluster_of(scripted) as cluster:
        with cluster.following(ALL_NODES, asyncio.Event()):
            await asyncio.sleep(1)
        assert len(cluster) == 0
        asked = len(scripted.asked)
        await asyncio.sleep(1000)
        assert len(scripted.asked) == asked
        with cluster.following(ALL_NODES, asyncio.Event()) as reflector:
            await asyncio.sleep(1)
            assert reflector.objects == {}


async def test_nothing_is_asked_before_somebody_follows(scripted: ScriptedServer) -> None:
    async with cluster_of(scripted):
        await asyncio.sleep(100)
    assert scripted.asked == []


async def test_what_was_followed_before_it_ran_is_kept_up_with(scripted: ScriptedServer) -> None:
    cluster = Cluster(api_of(scripted))
    with cluster.following(ALL_NODES, asyncio.Event()) as reflector:
        async with asyncio.TaskGroup() as group:
            running = group.create_task(cluster.run(), name="cluster")
            await asyncio.sleep(1)
            assert reflector.objects == {}
            running.cancel()


async def test_first_lists_are_spread(scripted: ScriptedServer) -> None:
    cluster = Cluster(api_of(scripted), spread_seconds=10, random=lambda: 0.7)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(cluster.run(), name="cluster")
        with cluster.following(ALL_NODES, asyncio.Event()):
            await asyncio.sleep(6.9)
            assert scripted.asked == []
            await asyncio.sleep(0.5)
            assert len(scripted.lists) == 1
        running.cancel()


async def test_the_import_comes_when_it_is_prepared_for() -> None:
    Cluster(None).prepare()  # type: ignore[arg-type]  # nobody is asked

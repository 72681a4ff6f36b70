import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from netwatch.source import SourceServices
from netwatch.sources.nodes import NodesOptions
from tests.kubernetes.apiserver import ApiServer, ScriptedServer, refuses, status_of
from tests.kubernetes.keepingup import cluster_of, soon
from tests.kubernetes.objects import NODES, a_node
from tests.sources.publisher import Published


@asynccontextmanager
async def following(server: ApiServer, **options: Any) -> AsyncIterator[Published]:
    published = Published()
    async with cluster_of(server) as cluster:
        source = NodesOptions(**options).open(SourceServices(cluster, node_name="kube-0"))
        async with asyncio.TaskGroup() as group:
            running = group.create_task(source.run(published), name="source")
            yield published
            running.cancel()


async def test_nodes_come_and_go_and_our_own_is_named_as_such(api_server: ApiServer) -> None:
    for number in range(3):
        await api_server.put(NODES, a_node(f"kube-{number}", f"10.0.0.{number}"))
    async with following(api_server) as published:
        await soon(lambda: bool(published.snapshots))
        assert sorted(published.names) == ["kube-1", "kube-2"]
        assert [one.name for one in published.snapshots[0] if one.is_own] == ["kube-0"]
        await api_server.delete(NODES, "kube-1")
        await soon(lambda: published.names == ["kube-2"])
        await api_server.put(NODES, a_node("kube-3", "10.0.0.3"))
        await soon(lambda: sorted(published.names) == ["kube-2", "kube-3"])
    assert published.failures == []


async def test_a_node_has_its_life(api_server: ApiServer) -> None:
    taint = ("karpenter.sh/disrupted",)

    def state() -> list[str]:
        return [endpoint.state for endpoint in published.snapshots[-1]]

    await api_server.put(NODES, a_node("kube-1", "10.0.0.1", ready=False))
    async with following(api_server, grace="0s") as published:
        await soon(lambda: bool(published.snapshots))
        assert state() == ["not_ready"]
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1"))
        await soon(lambda: state() == ["ready"])
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1", cordoned=True))
        await soon(lambda: state() == ["cordoned"])
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1", taints=taint))
        await soon(lambda: state() == ["leaving"])
        await api_server.put(NODES, a_node("kube-1", "10.0.0.1"))
        await soon(lambda: state() == ["ready"])
        await api_server.doom(NODES, "kube-1")
        await soon(lambda: state() == ["leaving"])
        await api_server.delete(NODES, "kube-1")
        await soon(lambda: state() == [])


async def test_a_node_that_was_born_just_now_joins(api_server: ApiServer) -> None:
    just_now = datetime.now(UTC).isoformat()
    await api_server.put(NODES, a_node("kube-1", "10.0.0.1", created=just_now))
    async with following(api_server) as published:
        await soon(lambda: bool(published.snapshots))
        assert [endpoint.state for endpoint in published.snapshots[-1]] == ["joining"]


async def test_our_own_may_be_asked_for(api_server: ApiServer) -> None:
    await api_server.put(NODES, a_node("kube-0", "10.0.0.1"))
    async with following(api_server, own="include") as published:
        await soon(lambda: bool(published.snapshots))
        assert published.names == ["kube-0"]


async def test_only_those_are_asked_for_that_are_selected(scripted: ScriptedServer) -> None:
    async with following(scripted, selector="pool=web") as published:
        await soon(lambda: bool(published.snapshots))
    assert {asked.params["labelSelector"] for asked in scripted.asked} == {"pool=web"}


@pytest.mark.virtual_time
async def test_without_permission_it_says_so_and_has_no_target(scripted: ScriptedServer) -> None:
    forbidden = 'nodes is forbidden: User "x" cannot list resource "nodes"'
    scripted.next_lists.extend([refuses(403, status_of(403, forbidden))] * 100)
    async with following(scripted) as published:
        await asyncio.sleep(100)
        (failure,) = published.failures
        assert 'User \\"x\\" cannot list' in failure
        assert published.snapshots == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"address": "internal"}, "InternalIP"),
        ({"family": "v4"}, "ipv4"),
        ({"own": "yes"}, "include"),
        ({"grace": 120}, "unit"),
        ({"labels": {"zone": "a"}}, "reserved"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NodesOptions.model_validate(options)

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import ValidationError

from netwatch.source import SourceServices
from netwatch.sources.pods import PodsOptions
from tests.kubernetes.apiserver import ApiServer, ScriptedServer
from tests.kubernetes.keepingup import cluster_of, soon
from tests.kubernetes.objects import PODS, a_pod
from tests.sources.publisher import Published


@asynccontextmanager
async def following(server: ApiServer, options: PodsOptions) -> AsyncIterator[Published]:
    """What a source on kube-0 says."""
    published = Published()
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        source = options.open(SourceServices(cluster, node_name="kube-0"))
        running = group.create_task(source.run(published), name="source")
        await soon(lambda: bool(published.snapshots))
        yield published
        running.cancel()


async def asked_for(server: ApiServer, options: PodsOptions) -> list[str]:
    """The names that it says first."""
    async with following(server, options) as published:
        return sorted(published.names)


async def test_pods_of_a_namespace_are_found(api_server: ApiServer) -> None:
    await api_server.put(PODS, a_pod("wiki-0", "10.1.0.7", labels={"app": "wiki"}, node="kube-0"))
    await api_server.put(PODS, a_pod("shop-0", "10.1.0.8", labels={"app": "shop"}))
    assert await asked_for(api_server, PodsOptions(namespace="web")) == ["web/shop-0", "web/wiki-0"]
    chosen = PodsOptions(namespace="web", selector="app=wiki")
    assert await asked_for(api_server, chosen) == ["web/wiki-0"]
    elsewhere = PodsOptions(namespace="web", own_node="exclude")
    assert await asked_for(api_server, elsewhere) == ["web/shop-0"]


async def test_a_pod_has_its_life(api_server: ApiServer) -> None:
    def state() -> list[str]:
        return [endpoint.state for endpoint in published.snapshots[-1]]

    async with following(
        api_server, PodsOptions.model_validate({"namespace": "web", "grace": "0s"})
    ) as published:
        assert state() == []
        await api_server.put(PODS, a_pod("wiki-0", phase="Pending", ready=False))
        await api_server.put(PODS, a_pod("wiki-0", "10.1.0.7", ready=False))
        await soon(lambda: state() == ["not_ready"])
        await api_server.put(PODS, a_pod("wiki-0", "10.1.0.7"))
        await soon(lambda: state() == ["ready"])
        await api_server.doom(PODS, "wiki-0")
        await soon(lambda: state() == ["leaving"])
        await api_server.delete(PODS, "wiki-0")
        await soon(lambda: state() == [])


async def test_a_pod_that_has_ended_is_a_target_no_more(api_server: ApiServer) -> None:
    await api_server.put(PODS, a_pod("job-0", "10.1.0.7"))
    async with following(api_server, PodsOptions(namespace="web")) as published:
        assert published.names == ["web/job-0"]
        await api_server.put(PODS, a_pod("job-0", "10.1.0.7", phase="Succeeded"))
        await soon(lambda: published.names == [])


async def test_without_a_namespace_it_is_those_of_all(scripted: ScriptedServer) -> None:
    await asked_for(scripted, PodsOptions())
    assert scripted.asked[0].path == "/api/v1/pods"


@pytest.mark.parametrize("namespace", ["", "a/b", "Web", "-a"])
def test_a_namespace_that_is_none_is_refused(namespace: str) -> None:
    with pytest.raises(ValidationError, match="namespace"):
        PodsOptions(namespace=namespace)

import asyncio

import pytest
from pydantic import ValidationError

from netwatch.source import SourceServices
from netwatch.sources.pods import PodsOptions
from tests.kubernetes.apiserver import ScriptedServer
from tests.kubernetes.keepingup import cluster_of, soon
from tests.kubernetes.objects import PODS, a_pod
from tests.sources.publisher import Published


async def asked_for(server: ScriptedServer, options: PodsOptions) -> Published:
    """What a source on kube-0 says first."""
    published = Published()
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        source = options.open(SourceServices(cluster, node_name="kube-0"))
        running = group.create_task(source.run(published), name="source")
        await soon(lambda: bool(published.snapshots))
        running.cancel()
    return published


async def test_pods_of_a_namespace_are_found(scripted: ScriptedServer) -> None:
    await scripted.put(PODS, a_pod("wiki-0", "10.1.0.7", labels={"app": "wiki"}, node="kube-0"))
    await scripted.put(PODS, a_pod("shop-0", "10.1.0.8", labels={"app": "shop"}))
    published = await asked_for(scripted, PodsOptions(namespace="web"))
    assert published.names == ["web/wiki-0", "web/shop-0"]
    published = await asked_for(scripted, PodsOptions(namespace="web", selector="app=wiki"))
    assert published.names == ["web/wiki-0"]
    published = await asked_for(scripted, PodsOptions(namespace="web", own_node="exclude"))
    assert published.names == ["web/shop-0"]


async def test_without_a_namespace_it_is_those_of_all(scripted: ScriptedServer) -> None:
    await asked_for(scripted, PodsOptions())
    assert scripted.asked[0].path == "/api/v1/pods"


@pytest.mark.parametrize("namespace", ["", "a/b", "Web", "-a"])
def test_a_namespace_that_is_none_is_refused(namespace: str) -> None:
    with pytest.raises(ValidationError, match="namespace"):
        PodsOptions(namespace=namespace)

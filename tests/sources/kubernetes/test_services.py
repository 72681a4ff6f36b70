import asyncio
from functools import partial

import pytest

from netwatch.source import SourceServices
from netwatch.sources.services import ServicesOptions
from tests.kubernetes.apiserver import ApiServer, ScriptedServer
from tests.kubernetes.keepingup import cluster_of, soon
from tests.kubernetes.objects import (
    DNS_PORTS,
    SYSTEM_SERVICES,
    SYSTEM_SLICES,
    a_service,
    a_slice,
    an_endpoint,
)
from tests.sources.publisher import Published

LABELS = {"k8s-app": "kube-dns"}


async def test_backends_come_and_go_with_the_slices(api_server: ApiServer) -> None:
    def are(*backends: tuple[str, int]) -> bool:
        return [one.backends for snapshot in published.snapshots[-1:] for one in snapshot] == [
            backends
        ]

    published = Published()
    options = ServicesOptions(namespace="kube-system", selector="k8s-app=kube-dns", backends=True)
    await api_server.put(SYSTEM_SERVICES, a_service("kube-dns", "10.0.0.10", labels=LABELS))
    async with cluster_of(api_server) as cluster, asyncio.TaskGroup() as group:
        source = options.open(SourceServices(cluster))
        running = group.create_task(source.run(published), name="source")
        await soon(are)
        for addresses in (["10.1.0.7"], ["10.1.0.7", "10.1.0.8"], ["10.1.0.8"]):
            found = a_slice("a", *map(an_endpoint, addresses), ports=DNS_PORTS, labels=LABELS)
            await api_server.put(SYSTEM_SLICES, found)
            await soon(partial(are, *((address, 53) for address in addresses)))
        running.cancel()


@pytest.mark.virtual_time
async def test_the_slices_are_asked_for_only_where_backends_are(scripted: ScriptedServer) -> None:
    for backends in (False, True):
        published = Published()
        options = ServicesOptions(namespace="kube-system", backends=backends)
        async with cluster_of(scripted) as cluster, asyncio.TaskGroup() as group:
            source = options.open(SourceServices(cluster))
            running = group.create_task(source.run(published), name="source")
            await asyncio.sleep(2)
            running.cancel()
        assert any(asked.path == SYSTEM_SLICES for asked in scripted.asked) is backends

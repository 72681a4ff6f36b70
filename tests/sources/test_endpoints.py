import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from netwatch.source import SourceServices
from netwatch.sources.endpoints import EndpointsOptions
from tests.kubernetes.apiserver import ApiServer
from tests.kubernetes.keepingup import cluster_of, soon
from tests.kubernetes.objects import SYSTEM_SLICES, a_slice, an_endpoint
from tests.sources.publisher import Published


@asynccontextmanager
async def following(server: ApiServer, **options: Any) -> AsyncIterator[Published]:
    """What a source on kube-0 says."""
    published = Published()
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        found = EndpointsOptions(namespace="kube-system", **options)
        source = found.open(SourceServices(cluster, node_name="kube-0"))
        running = group.create_task(source.run(published), name="source")
        yield published
        running.cancel()


async def asked_for(server: ApiServer, **options: Any) -> list[str]:
    """The names that it says first."""
    async with following(server, **options) as published:
        await soon(lambda: bool(published.snapshots))
    return sorted(published.names)


def states(published: Published) -> dict[str, str]:
    return {endpoint.name: endpoint.state for endpoint in published.snapshots[-1]}


async def test_endpoints_are_found_by_the_service_or_its_labels(api_server: ApiServer) -> None:
    dns = an_endpoint("10.1.0.7", "dns-0", node="kube-0")
    other = an_endpoint("10.1.0.8", "metrics-0")
    labels = {"k8s-app": "kube-dns"}
    await api_server.put(SYSTEM_SLICES, a_slice("a", dns, ports={"dns": 53}, labels=labels))
    await api_server.put(SYSTEM_SLICES, a_slice("b", other, service="metrics", ports={"https": 1}))
    assert await asked_for(api_server, service="kube-dns") == ["dns-0"]
    assert await asked_for(api_server, selector="k8s-app=kube-dns") == ["dns-0"]
    assert await asked_for(api_server, service="metrics") == ["metrics-0"]
    assert await asked_for(api_server, service="kube-dns", own_node="exclude") == []
    for name in ("pod", "node"):
        found = await asked_for(api_server, service="kube-dns", own_node="exclude", name=name)
        assert found == [], name


async def test_an_endpoint_that_comes_later_joins_for_a_while_whether_it_is_ready_or_not(
    api_server: ApiServer,
) -> None:
    old = an_endpoint("10.1.0.7", "dns-0", ready=False)
    new = an_endpoint("10.1.0.8", "dns-1", ready=False)
    await api_server.put(SYSTEM_SLICES, a_slice("a", old, ports={"metrics": 9153}))
    async with following(api_server, service="kube-dns", grace="2s") as published:
        await soon(lambda: bool(published.snapshots))
        await api_server.put(SYSTEM_SLICES, a_slice("a", old, new, ports={"metrics": 9153}))
        await soon(lambda: states(published) == {"dns-0": "not_ready", "dns-1": "joining"})
        await soon(lambda: states(published) == {"dns-0": "not_ready", "dns-1": "not_ready"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"service": "kube-dns"}, "namespace"),
        ({"namespace": "web"}, "found neither of service and selector"),
        ({"namespace": "web", "service": "a", "selector": "b=c"}, "found both of service"),
        ({"namespace": "web", "service": "a", "port": 70000}, "less than or equal"),
        ({"namespace": "web", "service": "a", "name": "host"}, "pod"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        EndpointsOptions.model_validate(options)

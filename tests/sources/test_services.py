import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import ValidationError

from netwatch.source import SourceServices
from netwatch.sources.services import ServicesOptions
from tests.kubernetes.apiserver import ApiServer, ScriptedServer, refuses, status_of
from tests.kubernetes.keepingup import cluster_of, soon
from tests.kubernetes.objects import DEFAULT_SERVICES, SYSTEM_SERVICES, a_service
from tests.sources.publisher import Published

API = a_service("kubernetes", "10.0.0.1", namespace="default", ports={"https": 443})
DNS = a_service("coredns", "10.0.0.10", labels={"k8s-app": "kube-dns"})


@asynccontextmanager
async def following(server: ApiServer, **options: Any) -> AsyncIterator[Published]:
    published = Published()
    async with cluster_of(server) as cluster, asyncio.TaskGroup() as group:
        source = ServicesOptions(**options).open(SourceServices(cluster))
        running = group.create_task(source.run(published), name="source")
        await soon(lambda: bool(published.snapshots))
        yield published
        running.cancel()


async def asked_for(server: ApiServer, **options: Any) -> list[str]:
    """The names that a source says first."""
    async with following(server, **options) as published:
        return sorted(published.names)


async def test_without_a_word_it_is_the_api_server_and_the_dns(api_server: ApiServer) -> None:
    await api_server.put(DEFAULT_SERVICES, API)
    await api_server.put(DEFAULT_SERVICES, a_service("wiki", "10.0.0.7", namespace="default"))
    await api_server.put(SYSTEM_SERVICES, DNS)
    await api_server.put(SYSTEM_SERVICES, a_service("metrics", "10.0.0.11"))
    assert await asked_for(api_server) == ["default/kubernetes", "kube-system/coredns"]


async def test_services_are_found_by_name_label_and_namespace(api_server: ApiServer) -> None:
    await api_server.put(DEFAULT_SERVICES, a_service("wiki", "10.0.0.7", namespace="default"))
    await api_server.put(SYSTEM_SERVICES, DNS)
    await api_server.put(SYSTEM_SERVICES, a_service("metrics", "10.0.0.11"))
    found = await asked_for(api_server, namespace="default", name="wiki")
    assert found == ["default/wiki"]
    found = await asked_for(api_server, namespace="kube-system", selector="k8s-app=kube-dns")
    assert found == ["kube-system/coredns"]
    found = await asked_for(api_server, namespace="kube-system")
    assert found == ["kube-system/coredns", "kube-system/metrics"]


@pytest.fixture
async def server(scripted: ScriptedServer) -> ScriptedServer:
    await scripted.put(DEFAULT_SERVICES, API)
    await scripted.put(SYSTEM_SERVICES, DNS)
    return scripted


@pytest.mark.virtual_time
async def test_where_one_may_not_be_seen_the_other_is_followed_and_the_trouble_told(
    server: ScriptedServer,
) -> None:
    server.next_lists.append(refuses(403, status_of(403, "may not")))
    async with following(server) as published:
        await asyncio.sleep(2)
        assert len(published.names) == 2
        assert published.failures == ['the API server refuses (403): "may not"']
        assert [len(snapshot) for snapshot in published.snapshots] == [1, 2]


@pytest.mark.virtual_time
async def test_news_of_what_is_followed_do_not_end_the_trouble_with_the_other(
    server: ScriptedServer,
) -> None:
    later = {"Retry-After": "60"}
    server.next_lists.append(refuses(403, status_of(403, "may not"), **later))
    async with following(server) as published:
        assert published.is_failing
        await server.put(
            SYSTEM_SERVICES, a_service("dns-2", "10.0.0.12", labels={"k8s-app": "kube-dns"})
        )
        await asyncio.sleep(2)
        assert published.names == ["kube-system/coredns", "kube-system/dns-2"]
        assert published.is_failing
        assert len(published.failures) == 1
        await asyncio.sleep(70)
        assert not published.is_failing


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "wiki"}, "found no namespace"),
        ({"selector": "a=b"}, "found no namespace"),
        ({"namespace": "web", "name": "wiki", "selector": "a=b"}, "found both of name"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ServicesOptions.model_validate(options)

"""What keeps up with an API server of a test."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.cluster import Cluster
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.login import login
from netwatch.net.kubernetes.objects import Node
from netwatch.net.kubernetes.query import Query
from netwatch.net.kubernetes.reflector import Reflector
from netwatch.net.resolver import Resolver
from netwatch.source import SourceServices
from tests.kubernetes.apiserver import ApiServer
from tests.kubernetes.objects import NODES

NOWHERE = Path("/nowhere")

ALL_NODES = Query(NODES, ObjectCodec(Node))


def without_cluster() -> SourceServices:
    """What sources are lent where they ask nobody for anything."""
    return SourceServices(Cluster(Api(login({}, NOWHERE), Resolver().resolve)))


def api_of(server: ApiServer) -> Api:
    environ = {"KUBECONFIG": str(server.kubeconfig)}
    return Api(login(environ, NOWHERE), Resolver().resolve)


@asynccontextmanager
async def kept_up(
    server: ApiServer, query: Query[Node] = ALL_NODES
) -> AsyncIterator[Reflector[Node]]:
    api = api_of(server)
    reflector = Reflector(api, query, random=lambda: 0.5)
    try:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(reflector.run(), name="reflector")
            yield reflector
            task.cancel()
    finally:
        await api.close()


@asynccontextmanager
async def cluster_of(server: ApiServer) -> AsyncIterator[Cluster]:
    cluster = Cluster(api_of(server))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(cluster.run(), name="cluster")
        yield cluster
        task.cancel()


async def soon(look: Callable[[], bool], why: Callable[[], object] = lambda: "") -> None:
    """Wait for what comes over the wire; where time is virtual, that is at once."""
    try:
        async with asyncio.timeout(20):
            while not look():  # noqa: ASYNC110 - no event says so
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"it never came: {why()}") from None


def names(reflector: Reflector[Node]) -> list[str]:
    return sorted(node.metadata.name for node in (reflector.objects or {}).values())

"""An API server of our own on port 0: lists in pages, watches with bookmarks, and all that fails.

    async with ScriptedServer(tmp_path) as server:
        await server.put("/api/v1/nodes", a_node("kube-1"))
        server.next_watches.append(closes())

It keeps to what the API documents of lists, watches and reviews, and has no opinion of the objects.
"""

import asyncio
import contextlib
import copy
import json
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self

from aiohttp import web

from tests.kubernetes.selector import is_selected

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Object = dict[str, Any]

BOOKMARK_SECONDS = 60.0


class ApiServer(Protocol):
    """What tests need of any API server, this one or the real one."""

    kubeconfig: Path

    async def put(self, path: str, item: Object) -> None:
        """Create or replace an object in the collection at `path`."""
        ...

    async def delete(self, path: str, name: str) -> None:
        """Take one away, at once."""
        ...


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]

    @property
    def is_watch(self) -> bool:
        return "watch" in self.params


@dataclass
class _Collection:
    objects: dict[str, Object] = field(default_factory=dict)
    events: list[tuple[int, str, Object]] = field(default_factory=list)


class ScriptedServer:
    """Serves what it was given; `next_lists` and `next_watches` are what to answer in its place."""

    def __init__(self, folder: Path, address: str = "127.0.0.1") -> None:
        self._address = address
        self.kubeconfig = folder / "kubeconfig"
        self.token = "first"
        self.asked: list[Asked] = []
        self.next_lists: deque[Answer] = deque()
        self.next_watches: deque[Answer] = deque()
        self.oldest_version = 0
        """A watch from before it is told that this is gone."""
        self.users: dict[str, Object] = {}
        """By their tokens, what a TokenReview says of them: `{"username": "prometheus"}`."""
        self.grants: set[tuple[str, str, str]] = set()
        """Who may do what with which path: `("prometheus", "get", "/metrics")`."""
        self.reviews: list[Object] = []
        """The reviews that were asked for."""
        self.next_reviews: deque[Answer] = deque()
        self._version = 1
        self._collections: dict[str, _Collection] = {}
        self._changed = asyncio.Condition()
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        app.router.add_post("/apis/authentication.k8s.io/v1/tokenreviews", self._review)
        app.router.add_post("/apis/authorization.k8s.io/v1/subjectaccessreviews", self._review)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        if self._runner.server is None:
            await self._runner.setup()
        await web.TCPSite(self._runner, self._address, port, ssl_context=context).start()
        self.port = self._runner.addresses[0][1]
        self.write_kubeconfig()

    async def stop(self) -> None:
        """Close all connections, and refuse new ones until it starts again."""
        await self._runner.cleanup()

    def write_kubeconfig(self, *, host: str | None = None, token: str | None = None) -> None:
        cluster = {"server": f"http://{host or self._address}:{self.port}"}
        self.kubeconfig.write_text(a_kubeconfig(cluster, {"token": token or self.token}))

    @property
    def lists(self) -> list[Asked]:
        return [asked for asked in self.asked if not asked.is_watch]

    @property
    def watches(self) -> list[Asked]:
        return [asked for asked in self.asked if asked.is_watch]

    async def put(self, path: str, item: Object) -> None:
        collection = self._collection(path)
        name = item["metadata"]["name"]
        before = collection.objects.get(name)
        item = copy.deepcopy(item)
        item["metadata"].setdefault(
            "uid", before["metadata"]["uid"] if before else f"uid-of-{name}"
        )
        await self._happen(collection, "MODIFIED" if before else "ADDED", item)
        collection.objects[name] = item

    async def delete(self, path: str, name: str) -> None:
        collection = self._collection(path)
        await self._happen(collection, "DELETED", copy.deepcopy(collection.objects.pop(name)))

    def forget_history(self) -> None:
        """Know no version before the present one, as after a compaction of etcd."""
        self.oldest_version = self._version
        self._version += 1

    async def _happen(self, collection: _Collection, kind: str, item: Object) -> None:
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        collection.events.append((self._version, kind, item))
        async with self._changed:
            self._changed.notify_all()

    def _collection(self, path: str) -> _Collection:
        return self._collections.setdefault(path.rstrip("/"), _Collection())

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(request.path, dict(request.query), dict(request.headers))
        self.asked.append(asked)
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return await refuses(401, status_of(401, "Unauthorized"))(request)
        scripted = self.next_watches if asked.is_watch else self.next_lists
        if scripted:
            return await scripted.popleft()(request)
        return await (self._watch(request) if asked.is_watch else self._list(request))

    async def _review(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return await refuses(401, status_of(401, "Unauthorized"))(request)
        review = await request.json()
        self.reviews.append(review)
        if self.next_reviews:
            return await self.next_reviews.popleft()(request)
        judge = self._token_status if review["kind"] == "TokenReview" else self._access_status
        return web.json_response(review | {"status": judge(review["spec"])}, status=201)

    def _token_status(self, spec: Object) -> Object:
        """As Kubernetes says it: a token has the audiences that it was asked about, or none."""
        user = self.users.get(spec["token"])
        if user is None:
            return {"user": {}, "error": "[invalid bearer token, token lookup failed]"}
        return {"authenticated": True, "user": user, "audiences": spec.get("audiences", ["api"])}

    def _access_status(self, spec: Object) -> Object:
        asked = spec["nonResourceAttributes"]
        granted = (spec["user"], asked["verb"], asked["path"]) in self.grants
        return {"allowed": granted, "reason": "" if granted else "no RBAC policy matched"}

    async def _list(self, request: web.Request) -> web.StreamResponse:
        collection, query = self._collection(request.path), request.query
        found = [item for item in collection.objects.values() if _matches(item, query)]
        start, limit = int(query.get("continue", "0")), int(query.get("limit", "0")) or len(found)
        metadata = {"resourceVersion": str(self._version)}
        if start + limit < len(found):
            metadata["continue"] = str(start + limit)
        page = found[start : start + limit] or None  # as Go writes an empty list
        return web.json_response({"kind": "List", "metadata": metadata, "items": page})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        collection, version = self._collection(request.path), int(request.query["resourceVersion"])
        if version < self.oldest_version:
            gone = status_of(410, f"too old resource version: {version}")
            return await streams(event("ERROR", gone))(request)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(float(request.query["timeoutSeconds"])):
                while True:
                    for _, kind, item in [e for e in collection.events if e[0] > version]:
                        if _matches(item, request.query):
                            await response.write(event(kind, item))
                    version = self._version
                    await self._wait_or_mark(response, version)
        return response

    async def _wait_or_mark(self, response: web.StreamResponse, version: int) -> None:
        try:
            async with asyncio.timeout(BOOKMARK_SECONDS), self._changed:
                await self._changed.wait_for(lambda: self._version > version)
        except TimeoutError:
            await response.write(event("BOOKMARK", {"metadata": {"resourceVersion": str(version)}}))


def _matches(item: Object, query: Mapping[str, str]) -> bool:
    """Whether an object is selected: by labels, and of fields by `metadata.name=value` alone."""
    labels = item["metadata"].get("labels", {})
    name = query.get("fieldSelector", "").removeprefix("metadata.name=")
    is_named = name in ("", item["metadata"]["name"])
    return is_named and is_selected(labels, query.get("labelSelector", ""))


def a_kubeconfig(cluster: Object, user: Object) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": user}],
    }
    return json.dumps(document)


def event(kind: str, item: Object) -> bytes:
    """A line of a watch."""
    return json.dumps({"type": kind, "object": item}).encode() + b"\n"


def status_of(code: int, message: str) -> Object:
    return {"kind": "Status", "status": "Failure", "message": message, "code": code}


# What may go wrong


def refuses(status: int, body: Object | str, **headers: str) -> Answer:
    """Answer with an error: a Status, or text as proxies say it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        del request
        text = body if isinstance(body, str) else json.dumps(body)
        return web.Response(status=status, text=text, headers=headers)

    return answer


def streams(*chunks: bytes, then: Answer | None = None) -> Answer:
    """Answer OK with these bytes, and end the stream; or do what `then` does with it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
        if then:
            await then(request)
        return response

    return answer


async def hangs(request: web.Request) -> web.StreamResponse:
    """Say nothing more, and do not end it."""
    del request
    await asyncio.sleep(86_400)
    return web.Response()


async def resets(request: web.Request) -> web.StreamResponse:
    """Cut the connection."""
    await asyncio.sleep(0.01)  # what was written must have left
    assert request.transport
    request.transport.abort()
    return web.Response()


async def not_a_list(request: web.Request) -> web.StreamResponse:
    """Answer OK with what is no list."""
    del request
    return web.Response(text="<html>please log in</html>")

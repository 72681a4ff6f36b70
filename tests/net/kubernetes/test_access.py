import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.errors import ApiError
from netwatch.net.kubernetes.login import login
from netwatch.net.resolver import Answer
from tests.certificates import Authority
from tests.kubernetes.apiserver import ApiServer, ScriptedServer, hangs, refuses, streams
from tests.kubernetes.keepingup import NOWHERE, api_of
from tests.kubernetes.objects import NODES

SILENT_SECONDS = 5.0


async def never(host: str) -> Answer:
    raise AssertionError(f"nobody asked for {host}")


async def body(api: Api, path: str = NODES) -> bytes:
    async with api.get(path, {}, silent_seconds=SILENT_SECONDS) as stream:
        return b"".join([piece async for piece in stream.pieces()])


@asynccontextmanager
async def opened(api: Api) -> AsyncIterator[Api]:
    try:
        yield api
    finally:
        await api.close()


async def test_a_server_is_asked_and_answers(api_server: ApiServer) -> None:
    async with opened(api_of(api_server)) as api:
        assert json.loads(await body(api))["metadata"]["resourceVersion"]


async def test_we_say_who_we_are(scripted: ScriptedServer) -> None:
    async with opened(api_of(scripted)) as api:
        await body(api)
    (asked,) = scripted.asked
    assert asked.headers["User-Agent"].startswith("netwatch/")
    assert asked.headers["Authorization"] == "Bearer first"


async def test_nothing_is_asked_in_a_thread(scripted: ScriptedServer) -> None:
    async def here(host: str) -> Answer:
        assert host == "api.example"
        return Answer(("127.0.0.1",), (), 60)

    scripted.write_kubeconfig(host="api.example")
    api = Api(login({"KUBECONFIG": str(scripted.kubeconfig)}, NOWHERE), here)
    async with opened(api):
        assert await body(api)
    loop = asyncio.get_running_loop()
    assert getattr(loop, "_default_executor") is None  # noqa: B009 - it has no public name


@pytest.mark.parametrize(("status", "text"), [(500, "upstream error"), (403, "forbidden")])
async def test_a_refusal_says_why(scripted: ScriptedServer, status: int, text: str) -> None:
    scripted.next_lists.append(refuses(status, text, **{"Retry-After": "7"}))
    async with opened(api_of(scripted)) as api:
        with pytest.raises(ApiError, match=text) as caught:
            await body(api)
        assert (caught.value.status, caught.value.retry_after_seconds) == (status, 7)
        assert await body(api)


@pytest.mark.virtual_time
async def test_a_silent_server_is_given_up(scripted: ScriptedServer) -> None:
    scripted.next_lists += [hangs, streams(b'{"items', then=hangs)]
    async with opened(api_of(scripted)) as api:
        for _ in range(2):
            with pytest.raises(ApiError, match="the API server is silent"):
                await body(api)


async def test_a_server_that_is_not_there_is_an_error(scripted: ScriptedServer) -> None:
    await scripted.stop()
    async with opened(api_of(scripted)) as api:
        with pytest.raises(ApiError, match="the API server cannot be asked: "):
            await body(api)


async def test_a_token_that_is_none_is_an_error(scripted: ScriptedServer) -> None:
    scripted.write_kubeconfig(token="two\nlines")
    async with opened(api_of(scripted)) as api:
        with pytest.raises(ApiError, match="the request cannot be made"):
            await body(api)


class Pod:
    """A pod that asks a server over TLS by its service account."""

    def __init__(self, tmp_path: Path) -> None:
        self.server = ScriptedServer(tmp_path)
        self.folder = tmp_path / "account"
        self.folder.mkdir()
        self.tmp_path = tmp_path

    async def serve_as(self, name: str) -> None:
        """Serve with the certificate of an authority of that name, which the pod is told of."""
        port = getattr(self.server, "port", 0)
        await self.server.stop()
        authority = Authority(self.tmp_path, name)
        await self.server.start(port, authority.server())
        shutil.copy(authority.ca_file, self.folder / "ca.crt")

    def write_token(self, token: str) -> None:
        (self.folder / "token").write_text(f"{token}\n")

    def api(self) -> Api:
        environ = {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(self.server.port),
        }
        return Api(login(environ, self.folder), never)


@pytest.fixture
async def pod(tmp_path: Path) -> AsyncIterator[Pod]:
    made = Pod(tmp_path)
    await made.serve_as("first")
    made.write_token("first")
    yield made
    await made.server.stop()


async def test_in_a_pod_the_server_is_believed_by_the_certificate_of_the_account(pod: Pod) -> None:
    async with opened(pod.api()) as api:
        assert await body(api)


async def test_a_token_that_was_replaced_is_used_at_once(pod: Pod) -> None:
    async with opened(pod.api()) as api:
        await body(api)
        pod.server.token = "second"
        pod.write_token("second")
        assert await body(api)


@pytest.mark.parametrize("token", [b"", b"\xff"])
async def test_a_token_that_is_no_more_is_an_error(pod: Pod, token: bytes) -> None:
    async with opened(pod.api()) as api:
        await body(api)
        (pod.folder / "token").write_bytes(token)
        with pytest.raises(ApiError):
            await body(api)
        (pod.folder / "token").unlink()
        with pytest.raises(ApiError, match="token"):
            await body(api)


async def test_an_authority_that_was_replaced_is_read_when_the_old_one_is_none(pod: Pod) -> None:
    async with opened(pod.api()) as api:
        await body(api)
        await pod.serve_as("second")
        with pytest.raises(ApiError, match="certificate verify failed"):
            await body(api)
        assert await body(api)


async def test_an_authority_that_is_no_certificate_is_named(pod: Pod) -> None:
    (pod.folder / "ca.crt").write_text("no certificate")
    async with opened(pod.api()) as api:
        with pytest.raises(ApiError, match="the certificates for https://127"):
            await body(api)

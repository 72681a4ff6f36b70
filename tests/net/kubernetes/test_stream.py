import asyncio

from aiohttp import web

from tests.kubernetes.apiserver import ScriptedServer
from tests.kubernetes.keepingup import api_of
from tests.kubernetes.objects import NODES


async def test_what_comes_while_one_gathers_waits_in_the_kernel_and_is_read_after_that(
    scripted: ScriptedServer,
) -> None:
    written = asyncio.Event()

    async def speak(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first ")
        for word in (b"and ", b"all ", b"others"):
            await asyncio.sleep(0.01)
            await response.write(word)
        written.set()
        await asyncio.sleep(86_400)
        return response

    scripted.next_lists.append(speak)
    api = api_of(scripted)
    async with api.get(NODES, {}, silent_seconds=5) as stream:
        pieces = stream.pieces()
        assert await anext(pieces) == b"first "
        connection = stream._response.connection
        assert connection is not None
        assert connection.transport is not None
        async with asyncio.TaskGroup() as group:
            group.create_task(stream.gather(0.2), name="gather")
            await written.wait()
            assert not connection.transport.is_reading()
        assert connection.transport.is_reading()
        rest = b""
        async with asyncio.timeout(10):
            while rest != b"and all others":
                rest += await anext(pieces)
    await api.close()


async def test_an_answer_that_has_ended_is_no_trouble(scripted: ScriptedServer) -> None:
    api = api_of(scripted)
    async with api.get(NODES, {}, silent_seconds=5) as stream:
        assert [piece async for piece in stream.pieces()]
        await stream.gather(0)
    await api.close()

import asyncio

from netwatch.model import Outcome
from netwatch.probes.http.probe import HttpOptions
from tests.http_server import probed
from tests.tcp_server import tcp_server


async def test_an_answer_that_comes_before_all_was_sent_counts() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

    async with tcp_server(refuse) as port:
        result = await probed(
            f"http://127.0.0.1:{port}/",
            HttpOptions(method="POST", body_bytes=10 * 2**20, valid_status=[413]),
        )
    assert (result.outcome, result.values["http_status_code"]) == (Outcome.OK, 413)


async def test_a_server_that_takes_nothing_and_says_nothing_has_cut_the_connection() -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()

    async with tcp_server(cut) as port:
        result = await probed(
            f"http://127.0.0.1:{port}/", HttpOptions(method="POST", body_bytes=10 * 2**20)
        )
    assert (result.outcome, result.phase) == (Outcome.RESET, "processing")


async def test_a_large_body_arrives_whole() -> None:
    arrived = asyncio.get_running_loop().create_future()

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        arrived.set_result(len(await reader.readexactly(10**6)))
        writer.write(b"HTTP/1.1 204 Thanks\r\n\r\n")

    async with tcp_server(count) as port:
        result = await probed(
            f"http://127.0.0.1:{port}/", HttpOptions(method="POST", body_bytes=10**6)
        )
    assert (result.outcome, await arrived) == (Outcome.OK, 10**6)


async def test_others_have_their_turn_while_a_fast_server_sends() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n")
        while True:
            writer.write(bytes(2**20))
            await writer.drain()

    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with tcp_server(flood) as port, asyncio.TaskGroup() as group:
        counting = group.create_task(count_turns(), name="count turns")
        result = await probed(f"http://127.0.0.1:{port}/")
        counting.cancel()
    assert result.outcome is Outcome.MISMATCH
    assert turns > 100

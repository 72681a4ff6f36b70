import asyncio
import gzip
from pathlib import Path

import pytest

from netwatch.attempt import Attempt
from netwatch.httpclient.client import ClientOptions, HttpClient
from netwatch.model import Outcome, ProbeError
from netwatch.net.tls import TlsContexts
from netwatch.wire.content_coding import PIECE_BYTES
from netwatch.wire.http_url import parse_http_url
from tests.certificates import Authority
from tests.http_server import everything_is_here, redirect, site
from tests.nouns import a_target

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def got(
    url: str, attempt: Attempt | None = None, max_bytes: int = 100, **options: object
) -> tuple[int, bytes]:
    client = HttpClient(ClientOptions.model_validate(options), everything_is_here, TlsContexts())
    attempt = attempt or Attempt(a_target(address="127.0.0.1").endpoint)
    response, body = await client.get(
        attempt, parse_http_url(url), accept="text/plain", max_bytes=max_bytes
    )
    return response.status, body


async def test_a_document_comes_whole_and_each_phase_is_timed() -> None:
    attempt = Attempt(a_target(address="127.0.0.1").endpoint)
    async with site() as served:
        served.pages["/x"] = PAGE
        assert await got(f"http://127.0.0.1:{served.port}/x", attempt) == (200, b"hello")
    assert b"Accept: text/plain\r\n" in served.requests[0]
    assert list(attempt.phases) == ["resolve", "connect", "processing", "transfer"]


async def test_another_status_is_no_failure_and_a_redirect_is_not_followed() -> None:
    async with site() as served:
        served.pages["/"] = redirect("/elsewhere")
        assert (await got(f"http://127.0.0.1:{served.port}/"))[0] == 302
    assert served.paths == ["/"]


async def test_a_larger_body_is_a_failure() -> None:
    async with site() as served:
        with pytest.raises(ProbeError, match="more than 4 bytes") as caught:
            await got(f"http://127.0.0.1:{served.port}/", max_bytes=4)
    assert caught.value.outcome is Outcome.MISMATCH


async def test_others_have_their_turn_while_a_few_bytes_are_unpacked_to_megabytes() -> None:
    packed = gzip.compress(bytes(5_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with site() as served, asyncio.TaskGroup() as group:
        served.pages["/"] = head.encode() + packed
        counting = group.create_task(count_turns(), name="turns")
        _, body = await got(f"http://127.0.0.1:{served.port}/", max_bytes=5_000_000)
        counting.cancel()
    assert len(body) == 5_000_000
    assert turns > 5_000_000 / PIECE_BYTES


async def test_tls_is_spoken_and_its_facts_are_written_down(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    attempt = Attempt(a_target(address="127.0.0.1").endpoint)
    async with site(context=authority.server("localhost")) as served:
        url = f"https://localhost:{served.port}/"
        tls = {"ca_file": str(authority.ca_file)}
        assert await got(url, attempt, tls=tls) == (200, b"hello")
    assert attempt.values["tls_verified"] == 1

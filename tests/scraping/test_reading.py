import asyncio
import gzip
from dataclasses import replace

import pytest

from netwatch.attempt import Attempt
from netwatch.httpclient.client import ClientOptions, HttpClient
from netwatch.model import Outcome, ProbeError
from netwatch.net.tls import TlsContexts
from netwatch.scraping.reading import Page, page_url, read_page
from netwatch.wire.promline import TextSample
from tests.http_server import everything_is_here, site
from tests.nouns import a_target

ENDPOINT = a_target(address="127.0.0.1").endpoint


def page_of(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    head = "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""))
    return head.encode() + body


async def read_from(answer: bytes, max_bytes: int = 10**8) -> tuple[Page, list[TextSample]]:
    samples: list[TextSample] = []
    client = HttpClient(ClientOptions(), everything_is_here, TlsContexts())
    async with site() as served:
        served.pages["/metrics"] = answer
        page = await read_page(
            client,
            Attempt(ENDPOINT),
            page_url(replace(ENDPOINT, port=served.port), "http", "/metrics"),
            max_bytes=max_bytes,
            take=lambda _, sample: samples.append(sample),
        )
    assert b"\r\nAccept: text/plain;version=0.0.4, " in served.requests[0]
    return page, samples


async def test_samples_are_read_and_wrong_lines_counted() -> None:
    page, samples = await read_from(page_of(b"a 1\nnonsense\nb 2\n"))
    assert page == Page(size_bytes=17, samples=2, invalid_lines=1)
    assert [sample.name for sample in samples] == ["a", "b"]


async def test_openmetrics_is_known_by_its_content_type() -> None:
    body = b"# TYPE a counter\na_total 1 1.5\n# EOF\n"
    openmetrics = "Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8"
    page, (sample,) = await read_from(page_of(body, openmetrics))
    assert (sample.timestamp_milliseconds, page.invalid_lines) == (1500, 0)


async def test_a_compressed_page_is_read() -> None:
    packed = gzip.compress(b"a 1\n" * 1000)
    page, _ = await read_from(page_of(packed, "Content-Encoding: gzip"))
    assert (page.size_bytes, page.samples) == (4000, 1000)


@pytest.mark.parametrize(
    ("answer", "outcome", "detail"),
    [
        (page_of(b"", status="403 Forbidden"), Outcome.MISMATCH, "found status 403 at /metrics"),
        (page_of(b"<html>\n", "Content-Type: text/html"), Outcome.PROTOCOL, "7 bytes of text/html"),
        (page_of(b""), Outcome.PROTOCOL, "found no sample in 0 bytes"),
        (page_of(b"a 1\n")[:-2], Outcome.PROTOCOL, "without sending complete message body"),
        (page_of(b"a 1\n" * 1000), Outcome.MISMATCH, "more than 1000 bytes"),
    ],
)
async def test_what_is_no_page_of_metrics_is_a_failure(
    answer: bytes, outcome: Outcome, detail: str
) -> None:
    with pytest.raises(ProbeError, match=detail) as caught:
        await read_from(answer, max_bytes=1000)
    assert caught.value.outcome is outcome


async def test_others_have_their_turn_while_a_large_page_is_read() -> None:
    line = b'a_bucket{le="1",verb="GET",resource="endpointslices",code="200"} 1\n'
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        counting = group.create_task(count_turns(), name="turns")
        page, _ = await read_from(page_of(line * 20_000))
        counting.cancel()
    assert page.samples == 20_000
    assert turns > 40  # a page of this size takes about 80 ms; a part of it about 1 ms


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://127.0.0.1:9153", "http://127.0.0.1:9153/metrics"),
        ("http://127.0.0.1:9153/", "http://127.0.0.1:9153/metrics"),
        ("http://127.0.0.1:9153/other", "http://127.0.0.1:9153/other"),
    ],
)
def test_a_url_without_a_path_means_the_usual_page(url: str, asked: str) -> None:
    assert str(page_url(replace(ENDPOINT, url=url), "http", "/metrics")) == asked

"""Reads one page of metrics over HTTP, in pieces between which everything else goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from netwatch.attempt import Attempt
from netwatch.endpoint import Endpoint
from netwatch.httpclient.client import HttpClient
from netwatch.httpclient.target_url import url_of
from netwatch.model import Outcome, ProbeError
from netwatch.rendering import Pace
from netwatch.wire.http import Response
from netwatch.wire.http_body import Body
from netwatch.wire.http_url import HttpUrl
from netwatch.wire.promline import TextSample
from netwatch.wire.promtext import ACCEPT, TextFamily, TextReader, read

_OPENMETRICS = "application/openmetrics-text"
_SUCCESS = 200

Take = Callable[[TextFamily, TextSample], None]


@dataclass(frozen=True, slots=True)
class Page:
    """What was read: how large it was, what was in it, and how many lines were wrong."""

    size_bytes: int
    samples: int
    invalid_lines: int


def page_url(endpoint: Endpoint, scheme: str, path: str, *, port: int = 0) -> HttpUrl:
    """Return where the metrics of a target are; a URL without a path means `path`, too."""
    url = url_of(endpoint, scheme, path, port=port)
    return url._replace(target=path) if url.target == "/" else url


async def read_page(
    client: HttpClient, attempt: Attempt, url: HttpUrl, *, max_bytes: int, take: Take
) -> Page:
    """Give each sample of a page to `take`.

    Raises what `HttpClient.fetch` raises; another status than 200 is a MISMATCH, and a page without
    any sample PROTOCOL.
    """
    response, body = await client.fetch(attempt, url, accept=ACCEPT, max_bytes=max_bytes)
    if response.status != _SUCCESS:
        found = f"found status {response.status} at {url.target}, expected {_SUCCESS}"
        raise ProbeError(Outcome.MISMATCH, found)
    with attempt.timed("parse"):
        page = await _read(body, take, openmetrics=_content_type(response) == _OPENMETRICS)
    if not page.samples:
        found = f"found no sample in {page.size_bytes} bytes of {_content_type(response) or '?'}"
        raise ProbeError(Outcome.PROTOCOL, f"{found}, expected Prometheus text")
    return page


async def _read(body: Body, take: Take, *, openmetrics: bool) -> Page:
    samples = 0

    def count(family: TextFamily, sample: TextSample) -> None:
        nonlocal samples
        samples += 1
        take(family, sample)

    reader, pace = TextReader(count, openmetrics=openmetrics), Pace()
    for _ in read(reader, body.parts):
        await pace.step()
    return Page(body.size_bytes, samples, reader.invalid_lines)


def _content_type(response: Response) -> str:
    return response.first("content-type").partition(";")[0].strip().lower()

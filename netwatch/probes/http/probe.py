"""The HTTP probe: its options, and one attempt from the first request to the final response."""

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netwatch.attempt import Attempt
from netwatch.exposition.family import Family
from netwatch.httpclient.connection import ConnectionOptions, Connector
from netwatch.httpclient.target_url import PathText, url_of
from netwatch.httpclient.transfer import read_body, read_head, send
from netwatch.model import Outcome, ProbeError
from netwatch.net.stream import Stream
from netwatch.net.tls import TLS_FAMILIES, TlsContexts, TlsOptions
from netwatch.options import PositiveDuration
from netwatch.probe import AttemptOptions, Services
from netwatch.probes.http.expectations import Expectations
from netwatch.probes.http.families import FAMILIES
from netwatch.probes.http.request import RequestOptions, Requests
from netwatch.resolution import Resolve
from netwatch.wire.http import Exchange, Request, Response, parse_http_date
from netwatch.wire.http_body import Body, TooLargeError
from netwatch.wire.http_url import HttpUrl, redirected

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_VERSIONS = frozenset({"1.0", "1.1"})  # a server may say any, and labels are few
_FACTS_OF_ONE = {family.key for family in (*FAMILIES, *TLS_FAMILIES)} - {"http_redirects"}
"""Values that are about one response and its connection."""


class HttpOptions(RequestOptions, ConnectionOptions, Expectations, AttemptOptions):
    """Ask web servers by HTTP/1.1, and judge what they answer."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3, 250e-3, 500e-3),
        *(1.0, 2.5, 5.0, 10.0),
    )

    interval: Annotated[PositiveDuration, Field(ge=0.1, le=86400)] = 15.0
    """Time between two attempts at one target."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=300)] = 5.0
    """An attempt that takes longer has failed, redirects included."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none; `auto` is
    `target` up to 30 targets, and `zone` above."""
    scheme: Literal["http", "https"] = "http"
    """For targets that are no URLs."""
    path: PathText = "/"
    """For targets that are no URLs."""
    max_redirects: Annotated[int, Field(ge=0, le=50)] = 10
    """How many redirects are followed; more are a failure. 0 follows none: then a redirect is
    the final response."""

    def open(self, services: Services) -> "HttpProbe":
        return HttpProbe(self, services.resolve, services.contexts)


class HttpProbe:
    """Makes the attempts of one check.

    `allow` is called with each IP address before it is connected to, those of redirects included,
    and raises to forbid it. Where a proxy is asked, that is the proxy's.
    """

    def __init__(
        self,
        options: HttpOptions,
        resolve: Resolve,
        contexts: TlsContexts,
        *,
        allow: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._options = options
        self._requests = Requests(options)
        self._connector = Connector(options, resolve, contexts, allow)

    async def measure(self, attempt: Attempt) -> None:
        """Ask, follow redirects, and judge the final response."""
        url = url_of(attempt.endpoint, self._options.scheme, self._options.path)
        host = url.origin.host
        request = self._requests.first(url)
        most = self._options.max_redirects
        for redirects in range(most + 1):
            attempt.values["http_redirects"] = float(redirects)
            # The name to verify is the target's; whomever it sends us to proves its own.
            tls = self._options.tls if url.origin.host == host else self._tls_elsewhere
            with await self._connector.open(attempt, url.origin, tls) as stream:
                response, body = await self._exchange(attempt, stream, request, url)
            if body is not None:
                return self._judge(attempt, response, body, url)
            if redirects == most:
                break
            _forget(attempt)
            came_from, url = url, _next(url, response)
            attempt.note(f"redirected to {url}")
            request = self._requests.next(request, response, came_from, url)
        raise _mismatch(attempt, ("redirects", f"found more than {most} redirects, expected fewer"))

    @property
    def _tls_elsewhere(self) -> TlsOptions:
        return self._options.tls.model_copy(update={"server_name": ""})

    async def _exchange(
        self, attempt: Attempt, stream: Stream, request: Request, url: HttpUrl
    ) -> tuple[Response, Body | None]:
        """Return the response, and its body unless it is a redirect to follow."""
        exchange = Exchange(self._connector.adapted(request, url))
        attempt.note(f"sending {request.method} {request.target}, {len(exchange.to_send)} bytes")
        with attempt.timed("processing"):
            await send(stream, exchange)
        with attempt.timed("transfer"):
            response = await read_head(stream, exchange)
            _write_down(attempt, response, url)
            if self._options.max_redirects and _leads_on(response):
                return response, None
            return response, await self._read_body(attempt, stream, exchange, response)

    async def _read_body(
        self, attempt: Attempt, stream: Stream, exchange: Exchange, response: Response
    ) -> Body:
        most, keep = self._options.max_body_bytes, self._options.reads_content
        try:
            body = await read_body(stream, exchange, response, most, keep=keep)
        except TooLargeError:
            broken = ("body_size", f"found a larger body, expected at most {most} bytes")
            raise _mismatch(attempt, broken) from None
        attempt.values["http_body_bytes"] = float(body.size_bytes)
        attempt.note(f"received a body of {body.size_bytes} bytes")
        return body

    def _judge(self, attempt: Attempt, response: Response, body: Body, url: HttpUrl) -> None:
        is_tls = url.origin.scheme == "https"
        broken = list(self._options.broken(response, body.content, is_tls=is_tls))
        if broken:
            raise _mismatch(attempt, *broken)


def _mismatch(attempt: Attempt, *broken: tuple[str, str]) -> ProbeError:
    """Return the failure of expectations: each its kind, and words; and write down the kinds."""
    attempt.values["http_broken_expectation"] = {kind: 1.0 for kind, _ in broken}
    return ProbeError(Outcome.MISMATCH, "; ".join(words for _, words in broken))


def _leads_on(response: Response) -> bool:
    return response.status in _REDIRECTS and bool(response.first("location"))


def _next(url: HttpUrl, response: Response) -> HttpUrl:
    try:
        return redirected(url, response.first("location"))
    except ValueError as error:
        raise ProbeError(Outcome.PROTOCOL, f"Location: {error}") from None


def _forget(attempt: Attempt) -> None:
    """Leave out what a redirect has told: the final response may never come, and tell nothing."""
    for key in _FACTS_OF_ONE & attempt.values.keys():
        del attempt.values[key]


def _write_down(attempt: Attempt, response: Response, url: HttpUrl) -> None:
    """Write down what the head of a response says."""
    version = response.version if response.version in _VERSIONS else "other"
    facts = {
        "http_content_length": _number(response.first("content-length")),
        "http_last_modified": parse_http_date(response.first("last-modified")),
    }
    attempt.values |= {key: value for key, value in facts.items() if value is not None}
    attempt.values["http_status_code"] = float(response.status)
    attempt.values["http_version"] = {version: 1.0}
    attempt.values["http_tls"] = float(url.origin.scheme == "https")
    attempt.note(f"received HTTP/{response.version} {response.status}")


def _number(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdecimal() else None

"""Fetching one document whole: what a scraper needs of HTTP, without redirects."""

from netwatch.attempt import Attempt
from netwatch.httpclient.connection import ConnectionOptions, Connector
from netwatch.httpclient.headers import HeaderOptions, RequestHeaders
from netwatch.httpclient.transfer import read_body, read_head, send
from netwatch.model import Outcome, ProbeError
from netwatch.net.tls import TlsContexts
from netwatch.resolution import Resolve
from netwatch.wire.http import Exchange, Request, Response
from netwatch.wire.http_body import Body, TooLargeError
from netwatch.wire.http_url import HttpUrl


class ClientOptions(HeaderOptions, ConnectionOptions):
    """How a document is asked for."""


class HttpClient:
    """Fetches the documents of one check, each over a connection of its own."""

    def __init__(self, options: ClientOptions, resolve: Resolve, contexts: TlsContexts) -> None:
        self._options = options
        self._headers = RequestHeaders(options)
        self._connector = Connector(options, resolve, contexts, allow=lambda _: None)

    async def get(
        self, attempt: Attempt, url: HttpUrl, *, accept: str, max_bytes: int
    ) -> tuple[Response, bytes]:
        """Return the response, whatever its status, and its body in one piece; raise as `fetch`."""
        response, body = await self.fetch(attempt, url, accept=accept, max_bytes=max_bytes)
        return response, body.content

    async def fetch(
        self, attempt: Attempt, url: HttpUrl, *, accept: str, max_bytes: int
    ) -> tuple[Response, Body]:
        """Return the response, whatever its status, and its body without compression.

        Raises ProbeError, OSError and ssl.SSLError; a larger body is a MISMATCH.
        """
        request = Request("GET", url.target, self._headers.to(url, accept=accept))
        with await self._connector.open(attempt, url.origin, self._options.tls) as stream:
            exchange = Exchange(self._connector.adapted(request, url))
            with attempt.timed("processing"):
                await send(stream, exchange)
            with attempt.timed("transfer"):
                response = await read_head(stream, exchange)
                try:
                    body = await read_body(stream, exchange, response, max_bytes, keep=True)
                except TooLargeError:
                    said = f"found a body of more than {max_bytes} bytes, expected fewer"
                    raise ProbeError(Outcome.MISMATCH, said) from None
        attempt.note(f"received {response.status} and {body.size_bytes} bytes from {url}")
        return response, body

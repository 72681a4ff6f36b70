"""How the server is reached: the options of a connection, and the phases of making one."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from netwatch.attempt import Attempt
from netwatch.endpoint import Endpoint
from netwatch.handshake import shake_hands
from netwatch.httpclient.headers import HeaderName, HeaderValue, with_headers
from netwatch.httpclient.transfer import read_head, send
from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect
from netwatch.net.lookup import address_now
from netwatch.net.stream import Stream
from netwatch.net.tls import TlsContexts, TlsOptions
from netwatch.options import SECRET, Options, SourceAddress
from netwatch.resolution import Resolve
from netwatch.wire.http import Exchange, Request
from netwatch.wire.http_url import HttpUrl, Origin, bracketed, parse_http_url

_ALPN = ("http/1.1",)
_NO_ADDRESS_FOR_IT = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def _proxy(text: str) -> str:
    if text and parse_http_url(text).origin.scheme != "http":
        raise ValueError("expected a proxy such as http://proxy.example:3128")
    return text


def _not_host(text: str) -> str:
    if text.lower() == "host":
        raise ValueError("expected another header: the proxy is told the host of the request")
    return text


ProxyHeaderName = Annotated[HeaderName, AfterValidator(_not_host)]


class ConnectionOptions(Options):
    """How the server is reached."""

    source_address: SourceAddress = ""
    """Connect from this address of this host; empty lets the kernel choose."""
    interface: str = ""
    """Connect through this interface; empty lets the kernel choose."""
    proxy: Annotated[str, AfterValidator(_proxy)] = ""
    """Ask through this proxy, `http://host:port`; those of the environment are never used."""
    proxy_headers: dict[ProxyHeaderName, HeaderValue] = Field(
        default_factory=dict, json_schema_extra=SECRET
    )
    """Headers for the proxy."""
    tls: TlsOptions = Field(default_factory=TlsOptions)
    """How TLS is spoken."""


class Connector:
    """Makes the connections of one check.

    `allow` is called with each IP address before it is connected to, and raises to forbid it.
    """

    def __init__(
        self,
        options: ConnectionOptions,
        resolve: Resolve,
        contexts: TlsContexts,
        allow: Callable[[str], None],
    ) -> None:
        self._options = options
        self._resolve = resolve
        self._contexts = contexts
        self._allow = allow
        self._proxy = parse_http_url(options.proxy).origin if options.proxy else None

    async def open(self, attempt: Attempt, origin: Origin, tls: TlsOptions) -> Stream:
        """Return a connection to `origin`, ready for a request; it is the caller's to close."""
        nearest = self._proxy or origin
        endpoint = self._endpoint_at(nearest, attempt.endpoint)
        with attempt.timed("resolve"):
            address = await address_now(endpoint, self._resolve)
        attempt.note(f"{nearest.host} is {address}")
        self._allow(address)
        reach = partial(self._reach, address, nearest.port, origin)
        is_led = not self._proxy and origin.host != attempt.endpoint.host
        with attempt.timed("connect"), _not_blaming_us() if is_led else nullcontext():
            stream = await reach()
        attempt.note(f"connected to {bracketed(address)}:{nearest.port}")
        if origin.scheme == "https":
            try:
                await shake_hands(
                    attempt,
                    stream,
                    self._contexts,
                    tls,
                    host=origin.host,
                    connect_again=reach,
                    alpn=_ALPN,
                )
            except BaseException:
                stream.close()
                raise
        return stream

    def adapted(self, request: Request, url: HttpUrl) -> Request:
        """Return the request as it is sent: to a proxy in absolute form (RFC 9112 section 3.2)."""
        if not self._proxy or url.origin.scheme == "https":
            return request
        headers = with_headers(request.headers, self._options.proxy_headers)
        return replace(request, target=str(url), headers=headers)

    def _endpoint_at(self, origin: Origin, endpoint: Endpoint) -> Endpoint:
        """Return the attempt's endpoint, or that of the same family to which it leads."""
        if self._proxy:
            endpoint = replace(endpoint, is_family_fixed=False)  # it is not the proxy's
        if origin.host == endpoint.host:
            return endpoint
        return replace(endpoint, host=origin.host, address="")

    async def _reach(self, address: str, port: int, origin: Origin) -> Stream:
        options = self._options
        stream = await connect(
            address, port, source_address=options.source_address, interface=options.interface
        )
        if self._proxy and origin.scheme == "https":
            try:
                await self._open_tunnel(stream, origin)
            except BaseException:
                stream.close()
                raise
        return stream

    async def _open_tunnel(self, stream: Stream, origin: Origin) -> None:
        """Make the proxy pass on what follows (RFC 9110 section 9.3.6)."""
        target = f"{bracketed(origin.host)}:{origin.port}"
        headers = (("Host", target), *self._options.proxy_headers.items())
        exchange = Exchange(Request("CONNECT", target, headers))
        await send(stream, exchange)
        response = await read_head(stream, exchange)
        if response.status // 100 != 2:  # noqa: PLR2004 - success
            raise ProbeError(Outcome.BLOCKED, f"the proxy answered with status {response.status}")


@contextmanager
def _not_blaming_us() -> Iterator[None]:
    """Tell as unreachable what this host has no address for: it is a server that leads us there."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ADDRESS_FOR_IT:
            raise ProbeError(Outcome.UNREACHABLE, error.strerror or str(error)) from error
        raise

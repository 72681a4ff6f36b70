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
from netwatch.net.resolver import Answer, NameUnknown
from netwatch.net.stream import Stream
from netwatch.net.tls import TlsContexts, TlsOptions
from netwatch.options import SECRET, Options, SourceAddress
from netwatch.resolution import Resolve
from netwatch.wire.http import Exchange, Request
from netwatch.wire.http_url import HttpUrl, Origin, bracketed, parse_http_url

_IPV4 = 4
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

    family_fallback: bool = True
    """Whether a name without an address of the target's family may be reached by the other one."""
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
        with attempt.timed("resolve"):
            address = await self._address(_endpoint_at(nearest, attempt.endpoint))
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

    async def _address(self, endpoint: Endpoint) -> str:
        if self._options.family_fallback or not endpoint.family:
            return await address_now(endpoint, self._resolve)
        return await address_now(endpoint, _only(endpoint.family, self._resolve))

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


def _endpoint_at(origin: Origin, endpoint: Endpoint) -> Endpoint:
    """Return the attempt's endpoint, or that of the same family to which it leads."""
    if origin.host == endpoint.host:
        return endpoint
    return replace(endpoint, host=origin.host, address="")


@contextmanager
def _not_blaming_us() -> Iterator[None]:
    """Tell as unreachable what this host has no address for: it is a server that leads us there."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ADDRESS_FOR_IT:
            raise ProbeError(Outcome.UNREACHABLE, error.strerror or str(error)) from error
        raise


def _only(family: int, resolve: Resolve) -> Resolve:
    """Return what resolves to addresses of one family."""

    async def resolve_to_family(host: str) -> Answer:
        answer = await resolve(host)
        chosen = replace(answer, ipv6=()) if family == _IPV4 else replace(answer, ipv4=())
        if not (chosen.ipv4 or chosen.ipv6):
            raise NameUnknown(answer.problem or f"{host}: no address of IPv{family}")
        return chosen

    return resolve_to_family

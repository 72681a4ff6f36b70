"""What stands between a request and its handler: limits, and who may ask.

`/-/healthy` and `/-/ready` answer everybody: a kubelet has neither password nor patience, and they
say nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from netwatch.web.authentication import authenticate
from netwatch.web.security import Security
from netwatch.web.tlscontext import has_allowed_name

OPEN_PATHS = frozenset({"/-/healthy", "/-/ready"})


def guard(security: Callable[[], Security]) -> Middleware:
    """Let through whom `security` lets through at that moment."""

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        now = security()
        if now.client_names:
            check_client(request, now)
        if request.path not in OPEN_PATHS:
            check_rate(request, now)
            await authenticate(now.ways, request)
        return await handler(request)

    return check


def check_rate(request: web.Request, security: Security) -> None:
    """Raise web.HTTPTooManyRequests where there are more than is allowed.

    Where requests have to authenticate, those who did lately share one budget, and each address
    has another for those who did not: strangers use up their own, and guess no faster.
    """
    now = asyncio.get_running_loop().time()
    if security.ways and not any(way.remembers(request) for way in security.ways):
        has_room = security.strangers.admits(request.remote or "", now)
    else:
        has_room = security.limit.admits("", now)
    if not has_room:
        raise web.HTTPTooManyRequests(text="too many requests at once\n")


def check_client(request: web.Request, security: Security) -> None:
    """Raise web.HTTPForbidden for a client whose certificate has none of the names allowed."""
    certificate = request.get_extra_info("peercert")
    if not has_allowed_name(certificate, security.client_names):
        raise web.HTTPForbidden(text="the certificate has none of the names that are allowed\n")


def add_headers(
    security: Callable[[], Security],
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """Return a signal that adds the headers of `security` to a response.

    A connection that was made under other rules of TLS ends with the response: whoever comes again
    has to keep to the new ones.
    """

    async def add(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(security().headers)
        response.headers["Server"] = "netwatch"
        if request.get_extra_info("sslcontext") is not security().tls:
            response.headers["Connection"] = "close"
            response.force_close()

    return add

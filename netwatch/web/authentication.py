"""The ways in which a request may prove whose it is; one that admits it is enough."""

from collections.abc import Sequence
from typing import Protocol

from aiohttp import web


class Way(Protocol):
    """One way to authenticate: by password, by token and so on."""

    @property
    def challenge(self) -> str:
        """What `WWW-Authenticate` tells those who were not admitted (RFC 9110 section 11.6.1)."""
        ...

    def remembers(self, request: web.Request) -> bool:
        """Tell, without asking or working anything out, whether it was admitted lately."""
        ...

    async def admits(self, request: web.Request) -> bool:
        """Tell whether the request has credentials of this way, and they are right.

        May raise web.HTTPForbidden for somebody who is known, and may not do this; and
        web.HTTPServiceUnavailable where it cannot be told now.
        """
        ...


async def authenticate(ways: Sequence[Way], request: web.Request) -> None:
    """Raise web.HTTPUnauthorized unless one of the ways admits the request, or there is none."""
    for way in ways:
        if await way.admits(request):
            return
    if ways:
        refusal = web.HTTPUnauthorized(text="credentials are missing or wrong\n")
        refusal.headers.extend(("WWW-Authenticate", way.challenge) for way in ways)
        raise refusal

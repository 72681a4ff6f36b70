"""Tokens of a cluster, judged by its API server: `web.kubernetes_auth` of the configuration.

Whose token it is says a TokenReview, and whether he may do this with the path of the request a
SubjectAccessReview: who may `get` the nonResourceURL `/metrics` may scrape. What was said is
remembered as long as kubelets do it (`authentication.webhook.cacheTTL`), under a keyed digest of
the token.
"""

import asyncio
import enum
import hashlib
import logging
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from netwatch.config import KubernetesAuthOptions
from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.errors import ApiError
from netwatch.net.kubernetes.reviews import Reviews
from netwatch.web.authentication import Way
from netwatch.web.remembered import Remembered
from netwatch.web.security import Security

LOG = logging.getLogger("netwatch.web")

ALLOWED_SECONDS = 120.0
REFUSED_SECONDS = 30.0
MOST_REMEMBERED = 1000
MOST_AT_ONCE = 16
ASKING_SECONDS = 5.0
"""For both questions; a scrape has 10 seconds."""

_TELLING = 8  # characters by which a token is found again; those of a JWT begin all alike
_TOKEN = re.compile(r"bearer +(?P<token>[A-Za-z0-9._~+/-]+=*) *", re.IGNORECASE)  # RFC 6750


class Verdict(enum.Enum):
    """What becomes of a request."""

    ALLOWED = enum.auto()
    UNKNOWN = enum.auto()
    FORBIDDEN = enum.auto()


class KubernetesAuth:
    """Admits whom the API server knows and allows; while it cannot be asked, nobody new (503)."""

    challenge = 'Bearer realm="netwatch"'

    def __init__(self, reviews: Reviews, audiences: Sequence[str] = ()) -> None:
        self._reviews = reviews
        self._audiences = audiences
        self._key = secrets.token_bytes(32)
        # Apart, so that strangers who try tokens do not drive out those who are allowed.
        self._allowed = Remembered[Verdict](ALLOWED_SECONDS, MOST_REMEMBERED)
        self._refused = Remembered[Verdict](REFUSED_SECONDS, MOST_REMEMBERED)
        self._asking = 0

    def remembers(self, request: web.Request) -> bool:
        """Tell whether its token was allowed lately to do this."""
        token = bearer_token(request.headers.get("Authorization", ""))
        key = self._key_of(token, request.method.lower(), request.path)
        return bool(token and self._allowed.get(key, asyncio.get_running_loop().time()))

    async def admits(self, request: web.Request) -> bool:
        """Tell whether its token is somebody's; raises web.HTTPForbidden if he may not do this."""
        token = bearer_token(request.headers.get("Authorization", ""))
        if not token:
            return False
        verdict = await self._verdict(token, request.method.lower(), request.path)
        if verdict is Verdict.FORBIDDEN:
            raise web.HTTPForbidden(text="the API server does not allow this to you\n")
        return verdict is Verdict.ALLOWED

    async def _verdict(self, token: str, verb: str, path: str) -> Verdict:
        clock = asyncio.get_running_loop()
        key = self._key_of(token, verb, path)
        for remembered in (self._allowed, self._refused):
            if verdict := remembered.get(key, clock.time()):
                return verdict
        verdict = await self._ask_if_that_can_be(token, verb, path)
        remembered = self._allowed if verdict is Verdict.ALLOWED else self._refused
        remembered.put(key, verdict, clock.time())
        return verdict

    def _key_of(self, token: str, verb: str, path: str) -> bytes:
        question = f"{token} {verb} {path}".encode(errors="surrogateescape")
        return hashlib.blake2b(question, key=self._key).digest()

    async def _ask_if_that_can_be(self, token: str, verb: str, path: str) -> Verdict:
        if self._asking >= MOST_AT_ONCE:
            raise _not_now()
        self._asking += 1
        try:
            async with asyncio.timeout(ASKING_SECONDS):
                return await self._ask(token, verb, path)
        except TimeoutError:
            _complain(f"the API server did not answer within {ASKING_SECONDS:g} seconds")
        except ApiError as error:
            _complain(without_token(token, str(error)))
        finally:
            self._asking -= 1
        raise _not_now()

    async def _ask(self, token: str, verb: str, path: str) -> Verdict:
        user = await self._reviews.user_of(token, self._audiences)
        if user is None:
            return Verdict.UNKNOWN
        is_allowed = await self._reviews.may(user, verb, path)
        return Verdict.ALLOWED if is_allowed else Verdict.FORBIDDEN


class KubernetesTokens:
    """Adds this way to authenticate where the configuration says so.

    It is the same one while its options are: a reload, which may be for a renewed certificate,
    forgets nobody who was allowed, for the API server may be away at that moment.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._options = KubernetesAuthOptions()
        self._ways: Sequence[Way] = ()

    def added_to(self, security: Security, options: KubernetesAuthOptions) -> Security:
        """Return the same security, and tokens beside its other ways if they are enabled."""
        if options != self._options:
            self._options, self._ways = options, []
            if options.enabled:
                self._ways = [KubernetesAuth(Reviews(self._api), options.audiences)]
        return replace(security, ways=[*security.ways, *self._ways])


def bearer_token(authorization: str) -> str:
    """Return the token of an `Authorization` header (RFC 6750 section 2.1), "" for none."""
    match = _TOKEN.fullmatch(authorization)
    return match["token"] if match else ""


def without_token(token: str, text: str) -> str:
    """Leave it out of a text, also where the end is cut off: a proxy may repeat what it refuses."""
    return re.sub(re.escape(token[:_TELLING]) + "[A-Za-z0-9._~+/=-]*", "…", text)


def _complain(why: str) -> None:
    LOG.error("scrapers cannot be authenticated: %s", why)


def _not_now() -> web.HTTPServiceUnavailable:
    """Say nothing of the reason: who asks is a stranger."""
    return web.HTTPServiceUnavailable(
        text="who you are cannot be told now\n", headers={"Retry-After": "5"}
    )

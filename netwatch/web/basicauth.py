"""Users with passwords, hashed by bcrypt: `basic_auth_users` of the web configuration file."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Annotated

from aiohttp import web
from pydantic import BeforeValidator, SecretStr, WithJsonSchema

from netwatch.web.passwords import PasswordChecker, TooManyPasswordsError

HIGHEST_COST = 16
"""Each step doubles the time; 16 takes some four seconds, for each wrong password."""

_LOWEST_COST = 4  # of bcrypt itself
_BCRYPT = re.compile(r"\$2[aby]\$(?P<cost>[0-9]{2})\$[./A-Za-z0-9]{53}")
_NOBODYS = "." * 53  # salt and digest that no password has


def _bcrypt_hash(value: object) -> SecretStr:
    # Nothing of it is repeated: it may be the password itself.
    match = _BCRYPT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("found something else, expected a bcrypt hash such as $2y$10$…")
    cost = int(match["cost"])
    if not _LOWEST_COST <= cost <= HIGHEST_COST:
        raise ValueError(f"found a cost of {cost}, expected {_LOWEST_COST} to {HIGHEST_COST}")
    return SecretStr(match[0])


BcryptHash = Annotated[
    SecretStr,
    BeforeValidator(_bcrypt_hash),
    WithJsonSchema({"type": "string", "format": "password", "writeOnly": True}),
]


class BasicAuth:
    """Admits users by their passwords (RFC 7617).

    A password that was right is known again by a keyed digest: bcrypt at each scrape would take
    more time than all the probing.
    """

    challenge = 'Basic realm="netwatch", charset="UTF-8"'

    def __init__(self, users: Mapping[str, SecretStr], checker: PasswordChecker) -> None:
        self._users = {
            name.encode(): hashed.get_secret_value().encode() for name, hashed in users.items()
        }
        # An unknown user takes as long as a known one, so that time does not tell who is known.
        self._nobody = next(iter(self._users.values()))[:7] + _NOBODYS.encode()
        self._checker = checker
        self._key = secrets.token_bytes(32)
        self._right: dict[bytes, bytes] = {}

    def remembers(self, request: web.Request) -> bool:
        """Tell whether its password is the one that was right before."""
        found = credentials(request.headers.get("Authorization", ""))
        return found is not None and self._was_right(*found)

    async def admits(self, request: web.Request) -> bool:
        """Tell whether it has a user's name and password."""
        found = credentials(request.headers.get("Authorization", ""))
        return found is not None and (self._was_right(*found) or await self._is_right(*found))

    def _was_right(self, user: bytes, password: bytes) -> bool:
        return hmac.compare_digest(self._right.get(user, b""), self._digest(password))

    async def _is_right(self, user: bytes, password: bytes) -> bool:
        hashed = self._users.get(user, self._nobody)
        try:
            matches = await self._checker.matches(password, hashed)
        except TooManyPasswordsError:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "5"}) from None
        if matches and user in self._users:
            self._right[user] = self._digest(password)
            return True
        return False

    def _digest(self, password: bytes) -> bytes:
        return hashlib.blake2b(password, key=self._key).digest()


def credentials(authorization: str) -> tuple[bytes, bytes] | None:
    """Return user and password of an `Authorization` header, None where it is none for us."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):  # ValueError: not even ASCII
        return None
    user, colon, password = decoded.partition(b":")
    return (user, password) if colon else None

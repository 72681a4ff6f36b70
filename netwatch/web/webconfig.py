"""The file that says how the HTTP server is protected, in the format of Prometheus' exporters.

It is that of exporter-toolkit (docs/web-configuration.md), so that one file serves all exporters
of a host. What netwatch cannot do as it is written there is an error, and never ignored.
"""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from netwatch.options import Duration, Options
from netwatch.web.basicauth import BcryptHash
from netwatch.web.tlsconfig import TlsServerConfig
from netwatch.wire.document import described

_KNOWN_VALUES = {
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}


def _no_http2(http2: object) -> object:
    if http2 is True:
        raise ValueError("found true, expected false: netwatch speaks HTTP/1.1 alone")
    return http2


def _header_name(name: str) -> str:
    if name not in _KNOWN_VALUES:
        raise ValueError(f"expected one of {', '.join(_KNOWN_VALUES)}")
    return name


def _header_value(value: str) -> str:
    if not re.fullmatch(r"[ -~]*", value):
        raise ValueError("expected one line of printable ASCII")
    return value


HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(_header_value)]


class HttpServerConfig(Options):
    """What is said with every response."""

    http2: Annotated[bool, BeforeValidator(_no_http2)] = False
    """HTTP/2 is not spoken."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    """Headers of all responses; an empty value sends none."""

    @model_validator(mode="after")
    def _says_what_is_known(self) -> Self:
        for name, value in self.headers.items():
            known = _KNOWN_VALUES[name]
            if value and known and value not in known:
                raise ValueError(
                    f"found {described(value)} for {name}, expected {' or '.join(known)}"
                )
        return self


class RateLimitConfig(Options):
    """How many requests are answered; strangers count apart."""

    interval: Annotated[Duration, Field(ge=0)] = 0.0
    """The time between two of them; 0 for no limit."""
    burst: Annotated[int, Field(ge=0)] = 0
    """How many may come at once after a pause."""

    @model_validator(mode="after")
    def _lets_some_through(self) -> Self:
        if self.interval and not self.burst:
            raise ValueError("found an interval without a burst, expected a burst of 1 or more")
        return self


class WebConfig(Options):
    """All that the file may say."""

    tls_server_config: TlsServerConfig = Field(default_factory=TlsServerConfig)
    """TLS; without it the server speaks plain HTTP."""
    http_server_config: HttpServerConfig = Field(default_factory=HttpServerConfig)
    """What is said with every response."""
    basic_auth_users: dict[str, BcryptHash] = Field(default_factory=dict)
    """Users and the bcrypt hashes of their passwords; without any, nobody needs one."""
    rate_limit: RateLimitConfig = Field(default_factory=RateLimitConfig)
    """How many requests are answered; strangers count apart."""

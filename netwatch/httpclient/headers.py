"""The headers of a request: those that are configured, and those that prove who asks."""

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from netwatch import __version__
from netwatch.httpclient.secret import NO_SECRET, Secret, TextFile, header_value
from netwatch.options import Options
from netwatch.wire.document import described
from netwatch.wire.http import Headers
from netwatch.wire.http_url import HttpUrl

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""What methods and names of headers are made of (RFC 9110 section 5.6.2)."""

# These say how the message is framed, and how long the connection lasts.
_OURS = frozenset({"connection", "content-length", "expect", "transfer-encoding", "upgrade"})


def _header_name(text: str) -> str:
    if not TOKEN.fullmatch(text):
        raise ValueError("expected the name of a header")
    if text.lower() in _OURS:
        raise ValueError(f"found {described(text)}, expected a header that netwatch does not set")
    return text


def at_most_one(found: list[str]) -> None:
    """Raise ValueError where several options say what one of them should."""
    if len(found) > 1:
        raise ValueError(f"found {' and '.join(found)}, expected one of them")


HeaderName = Annotated[str, AfterValidator(_header_name)]
HeaderValue = Annotated[str, AfterValidator(header_value)]


class BasicAuth(Options):
    """A user name and password (RFC 7617)."""

    username: str
    """The user's name."""
    password: Secret = NO_SECRET
    """The user's password."""
    password_file: str = ""
    """File that holds the password; read again when it changes."""

    @model_validator(mode="after")
    def _has_one_password(self) -> Self:
        if self.password_file and self.password.get_secret_value():
            at_most_one(["password", "password_file"])
        return self


class HeaderOptions(Options):
    """What is said beside the request itself."""

    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict)
    """Headers of the request; `Host` is for servers of many names."""
    header_files: dict[HeaderName, str] = Field(default_factory=dict)
    """Headers whose values are secret and stand in files, which are read again when they change."""
    basic_auth: BasicAuth | None = None
    """User name and password."""
    bearer_token: Secret = NO_SECRET
    """A token (RFC 6750)."""
    bearer_token_file: str = ""
    """File that holds the token; read again when it changes."""

    @model_validator(mode="after")
    def _says_each_header_once(self) -> Self:
        names = [name.lower() for name in (*self.headers, *self.header_files)]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"found the header {min(twice)} twice, expected it once")
        ways = {
            "basic_auth": self.basic_auth is not None,
            "bearer_token": bool(self.bearer_token.get_secret_value()),
            "bearer_token_file": bool(self.bearer_token_file),
            "the header Authorization": "authorization" in names,
        }
        at_most_one([way for way, is_taken in ways.items() if is_taken])
        return self


class RequestHeaders:
    """Makes the headers of one check's requests, with what stands in its files at that time."""

    def __init__(self, options: HeaderOptions) -> None:
        self._options = options
        self._files = {n: TextFile(path) for n, path in options.header_files.items()}
        auth = options.basic_auth
        path = (auth and auth.password_file) or options.bearer_token_file
        self._secret_file = TextFile(path) if path else None

    def to(self, url: HttpUrl, *, accept: str = "*/*", coding: str = "identity") -> Headers:
        """Return the headers; `coding` is the compression to ask for.

        Raises ProbeError (LOCAL) where a file cannot be read.
        """
        ours = (
            ("Host", url.origin.authority),
            ("User-Agent", f"netwatch/{__version__}"),
            ("Accept", accept),
            ("Accept-Encoding", coding),
            ("Connection", "close"),
        )
        held = {name: file.header_value() for name, file in self._files.items()}
        headers = with_headers(ours, self._options.headers | held)
        if authorization := self._authorization():
            headers = with_headers(headers, {"Authorization": authorization})
        return headers

    def _authorization(self) -> str:
        options = self._options
        held = self._secret_file.header_value() if self._secret_file else ""
        if auth := options.basic_auth:
            pair = f"{auth.username}:{held or auth.password.get_secret_value()}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        token = held or options.bearer_token.get_secret_value()
        return f"Bearer {token}" if token else ""


def without_headers(headers: Headers, names: Iterable[str]) -> Headers:
    """Return the headers but for those of these names, in whatever case."""
    dropped = {name.lower() for name in names}
    return tuple(header for header in headers if header[0].lower() not in dropped)


def with_headers(headers: Headers, others: Mapping[str, str]) -> Headers:
    """Return the headers with others, in place of those of the same names."""
    return (*without_headers(headers, others), *others.items())

"""What is asked of the server: the options of a request, and the request that they make."""

import base64
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from netwatch import __version__
from netwatch.options import SECRET, Options
from netwatch.probes.http.secret import NO_SECRET, Secret, TextFile, header_value
from netwatch.wire.document import described
from netwatch.wire.http import Headers, Request, Response
from netwatch.wire.http_url import HttpUrl

MAX_BODY_BYTES = 10 * 2**20

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
# These say how the message is framed, and how long the connection lasts.
_OURS = frozenset({"connection", "content-length", "expect", "transfer-encoding", "upgrade"})
# Not for whomever a server sends us to. What a user has put into `header_files` is secret, too.
_FOR_ORIGIN = frozenset({"authorization", "cookie", "host", "proxy-authorization"})


def _method(text: str) -> str:
    if not _TOKEN.fullmatch(text) or text.upper() == "CONNECT":
        raise ValueError("expected a method such as GET, HEAD or POST")
    return text


def _header_name(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError("expected the name of a header")
    if text.lower() in _OURS:
        raise ValueError(f"found {described(text)}, expected a header that netwatch does not set")
    return text


def _at_most_one(found: list[str]) -> None:
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
            _at_most_one(["password", "password_file"])
        return self


class RequestOptions(Options):
    """What is asked of the server."""

    method: Annotated[str, AfterValidator(_method)] = "GET"
    """The method of the request."""
    headers: dict[HeaderName, HeaderValue] = Field(default_factory=dict, json_schema_extra=SECRET)
    """Headers of the request; `Host` is for servers of many names."""
    header_files: dict[HeaderName, str] = Field(default_factory=dict)
    """Headers whose values are secret and stand in files, which are read again when they change."""
    body: Annotated[str, Field(json_schema_extra=SECRET)] = ""
    """The body of the request."""
    body_file: str = ""
    """File that holds the body, UTF-8 text; read again when it changes."""
    body_bytes: Annotated[int, Field(ge=0, le=MAX_BODY_BYTES)] = 0
    """Send a body of so many bytes: 3000 do not fit into one packet, and so find a wrong MTU."""
    basic_auth: BasicAuth | None = None
    """User name and password."""
    bearer_token: Secret = NO_SECRET
    """A token (RFC 6750)."""
    bearer_token_file: str = ""
    """File that holds the token; read again when it changes."""
    compression: Literal["identity", "gzip", "deflate"] = "identity"
    """The compression to ask for; what comes is decompressed whatever was asked for."""

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        _at_most_one([key for key in ("body", "body_file", "body_bytes") if getattr(self, key)])
        return self

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
        _at_most_one([way for way, is_taken in ways.items() if is_taken])
        return self


class Requests:
    """Makes the requests of one check, with what stands in its files at that time."""

    def __init__(self, options: RequestOptions) -> None:
        self._options = options
        self._header_files = {n: TextFile(path) for n, path in options.header_files.items()}
        self._body_file = TextFile(options.body_file) if options.body_file else None
        auth = options.basic_auth
        path = (auth and auth.password_file) or options.bearer_token_file
        self._secret_file = TextFile(path) if path else None

    def first(self, url: HttpUrl) -> Request:
        """Return the request that an attempt begins with.

        Raises ProbeError (LOCAL) where a file cannot be read.
        """
        options = self._options
        held = {name: file.header_value() for name, file in self._header_files.items()}
        headers = with_headers(self._default_headers(url), options.headers | held)
        if authorization := self._authorization():
            headers = with_headers(headers, {"Authorization": authorization})
        return Request(options.method, url.target, headers, self._body())

    def next(
        self, before: Request, response: Response, came_from: HttpUrl, url: HttpUrl
    ) -> Request:
        """Return the request that follows a redirect to `url` (RFC 9110 section 15.4)."""
        method, body = before.method, before.body
        if _asks_for_get(response.status, method):
            method, body = "GET", b""
        headers = before.headers
        if url.origin != came_from.origin:
            kept = without_headers(headers, _FOR_ORIGIN.union(self._options.header_files))
            headers = (("Host", url.origin.authority), *kept)
        if url.origin.host == came_from.origin.host:
            headers = with_cookies(headers, response)
        return Request(method, url.target, headers, body)

    def _default_headers(self, url: HttpUrl) -> Headers:
        return (
            ("Host", url.origin.authority),
            ("User-Agent", f"netwatch/{__version__}"),
            ("Accept", "*/*"),
            ("Accept-Encoding", self._options.compression),
            ("Connection", "close"),
        )

    def _authorization(self) -> str:
        options = self._options
        held = self._secret_file.header_value() if self._secret_file else ""
        if auth := options.basic_auth:
            pair = f"{auth.username}:{held or auth.password.get_secret_value()}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        token = held or options.bearer_token.get_secret_value()
        return f"Bearer {token}" if token else ""

    def _body(self) -> bytes:
        if self._body_file:
            return self._body_file.text().encode()
        return self._options.body.encode() or b"0" * self._options.body_bytes


def without_headers(headers: Headers, names: Iterable[str]) -> Headers:
    """Return the headers but for those of these names, in whatever case."""
    dropped = {name.lower() for name in names}
    return tuple(header for header in headers if header[0].lower() not in dropped)


def with_headers(headers: Headers, others: Mapping[str, str]) -> Headers:
    """Return the headers with others, in place of those of the same names."""
    return (*without_headers(headers, others), *others.items())


def with_cookies(headers: Headers, response: Response) -> Headers:
    """Return the headers with the cookies that a response sets, whatever their attributes.

    They last for one attempt and go to the host that set them, so that a server which wants to see
    them on the way does not send us in a circle.
    """
    set_now = [value.partition(";")[0].strip() for value in response.all("set-cookie")]
    if not set_now:
        return headers
    sent = [value for name, value in headers if name.lower() == "cookie"]
    pairs = [pair.strip() for value in (*sent, *set_now) for pair in value.split(";")]
    cookies = {pair.partition("=")[0]: pair for pair in pairs}
    return with_headers(headers, {"Cookie": "; ".join(cookies.values())})


def _asks_for_get(status: int, method: str) -> bool:
    see_other = status == HTTPStatus.SEE_OTHER and method != "HEAD"
    moved = status in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND)
    return see_other or (moved and method == "POST")

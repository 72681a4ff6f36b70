"""What is asked of the server: the options of a request, and the request that they make."""

from http import HTTPStatus
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from netwatch.httpclient.headers import (
    TOKEN,
    HeaderOptions,
    RequestHeaders,
    at_most_one,
    with_headers,
    without_headers,
)
from netwatch.httpclient.secret import TextFile
from netwatch.options import SECRET
from netwatch.wire.http import Headers, Request, Response
from netwatch.wire.http_url import HttpUrl

MAX_BODY_BYTES = 10 * 2**20

# Not for whomever a server sends us to. What a user has put into `header_files` is secret, too.
_FOR_ORIGIN = frozenset({"authorization", "cookie", "host", "proxy-authorization"})


def _method(text: str) -> str:
    if not TOKEN.fullmatch(text) or text.upper() == "CONNECT":
        raise ValueError("expected a method such as GET, HEAD or POST")
    return text


class RequestOptions(HeaderOptions):
    """What is asked of the server."""

    method: Annotated[str, AfterValidator(_method)] = "GET"
    """The method of the request."""
    body: Annotated[str, Field(json_schema_extra=SECRET)] = ""
    """The body of the request."""
    body_file: str = ""
    """File that holds the body, UTF-8 text; read again when it changes."""
    body_bytes: Annotated[int, Field(ge=0, le=MAX_BODY_BYTES)] = 0
    """Send a body of so many bytes: 3000 do not fit into one packet, and so find a wrong MTU."""
    compression: Literal["identity", "gzip", "deflate"] = "identity"
    """The compression to ask for; what comes is decompressed whatever was asked for."""

    @model_validator(mode="after")
    def _has_one_body(self) -> Self:
        at_most_one([key for key in ("body", "body_file", "body_bytes") if getattr(self, key)])
        return self


class Requests:
    """Makes the requests of one check, with what stands in its files at that time."""

    def __init__(self, options: RequestOptions) -> None:
        self._options = options
        self._headers = RequestHeaders(options)
        self._body_file = TextFile(options.body_file) if options.body_file else None

    def first(self, url: HttpUrl) -> Request:
        """Return the request that an attempt begins with.

        Raises ProbeError (LOCAL) where a file cannot be read.
        """
        headers = self._headers.to(url, coding=self._options.compression)
        return Request(self._options.method, url.target, headers, self._body())

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

    def _body(self) -> bytes:
        if self._body_file:
            return self._body_file.text().encode()
        return self._options.body.encode() or b"0" * self._options.body_bytes


def with_cookies(headers: Headers, response: Response) -> Headers:
    """Return the headers with the cookies that a response sets, whatever their attributes.

    They last for one attempt and go to the host that set them, so that a server which wants to see
    them on the way does not send us in a circle.
    """
    first_pairs = (value.partition(";")[0].strip() for value in response.all("set-cookie"))
    set_now = list(filter(None, first_pairs))
    if not set_now:
        return headers
    sent = [value for name, value in headers if name.lower() == "cookie"]
    pairs = [pair.strip() for value in (*sent, *set_now) for pair in value.split(";")]
    cookies = {pair.partition("=")[0]: pair for pair in pairs if pair}
    return with_headers(headers, {"Cookie": "; ".join(cookies.values())})


def _asks_for_get(status: int, method: str) -> bool:
    see_other = status == HTTPStatus.SEE_OTHER and method != "HEAD"
    moved = status in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND)
    return see_other or (moved and method == "POST")

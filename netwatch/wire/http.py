"""HTTP/1.1 as a client speaks it (RFC 9112): one request to bytes, bytes to its response.

The grammar is h11's; this adds the limits of one who does not trust the server.
"""

from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import h11

MAX_HEAD_BYTES = 65536
MAX_INFORMATIONAL = 20

Headers = tuple[tuple[str, str], ...]
"""Names and values, in their order; a name may come more than once."""


class MalformedResponseError(ValueError):
    """What came is no response to this request; the message says what is wrong with it."""


class NoResponseError(Exception):
    """The connection was closed before a byte of a response had come."""


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is what stands in the request line (RFC 9112 section 3.2).

    All headers are to be said, but for Content-Length, which comes with a body.
    """

    method: str
    target: str
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """The head of a response: `version` is `1.1` or `1.0`, names of headers are in lower case."""

    status: int
    version: str
    headers: Headers = ()

    def all(self, name: str) -> list[str]:
        """Return the values of all headers of a name, given in lower case."""
        return [value for known, value in self.headers if known == name]

    def first(self, name: str) -> str:
        """Return the value of the first header of a name, given in lower case; "" for none."""
        return next(iter(self.all(name)), "")


class Exchange:
    """One request and its response, on a connection that is for nothing else.

    Send `to_send`, and `feed` what comes until there is a `response`; then take its body in parts
    until it `is_complete`. Interim responses (RFC 9110 section 15.2) are passed over.
    """

    def __init__(self, request: Request) -> None:
        self.response: Response | None = None
        self.is_complete = False
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD_BYTES)
        self._informational = 0
        self._got_nothing = True
        self.to_send = self._written(request)

    @property
    def has_begun(self) -> bool:
        """Whether at least a byte of the final response has come."""
        return self.response is not None or bool(self._connection.trailing_data[0])

    def feed(self, data: bytes) -> None:
        """Take what has come; nothing means the end.

        Raises MalformedResponseError, and NoResponseError where the end is all that came.
        """
        if not data and self._got_nothing:
            raise NoResponseError
        self._got_nothing = False
        if not data and self.response is None:
            raise MalformedResponseError("the connection was closed in the middle of the headers")
        self._connection.receive_data(data)
        while self.response is None:
            match self._next_event():
                case h11.NEED_DATA:
                    break
                case h11.InformationalResponse():
                    self._pass_over()
                case h11.Response() as head:
                    self.response = _response(head)

    def body_part(self) -> bytes:
        """Return what has come of the body since the last call. Raises MalformedResponseError."""
        parts: list[bytes] = []
        while not self.is_complete:
            match self._next_event():
                case h11.NEED_DATA:
                    break
                case h11.Data(data=data):
                    parts.append(bytes(data))
                case _:  # the end of the message, or of HTTP after CONNECT
                    self.is_complete = True
        return b"".join(parts)

    def _next_event(self) -> object:
        try:
            return self._connection.next_event()
        except h11.RemoteProtocolError as error:
            raise MalformedResponseError(str(error)) from error

    def _pass_over(self) -> None:
        self._informational += 1
        if self._informational > MAX_INFORMATIONAL:
            raise MalformedResponseError(f"found more than {MAX_INFORMATIONAL} interim responses")

    def _written(self, request: Request) -> bytes:
        headers = [
            (name.encode("ascii"), value.encode("latin-1")) for name, value in request.headers
        ]
        if request.body:
            headers.append((b"Content-Length", str(len(request.body)).encode()))
        head = h11.Request(method=request.method, target=request.target, headers=headers)
        body = h11.Data(data=request.body) if request.body else None
        events = filter(None, (head, body, h11.EndOfMessage()))
        return b"".join(self._connection.send(event) or b"" for event in events)


def parse_http_date(text: str) -> float | None:
    """Return a date (RFC 9110 section 5.6.7) in seconds since the epoch; None if it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None


def _response(head: h11.Response) -> Response:
    headers = ((name.decode("ascii"), value.decode("latin-1")) for name, value in head.headers)
    return Response(head.status_code, head.http_version.decode("ascii"), tuple(headers))

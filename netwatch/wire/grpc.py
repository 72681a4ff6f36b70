"""gRPC over HTTP/2: messages to frames and back, and what the headers of a reply say.

See PROTOCOL-HTTP2.md of gRPC. Everything that a server may not say raises `MalformedGrpcError`.
"""

import re
import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from netwatch.wire.document import described

_PREFIX = struct.Struct("!BI")
PREFIX_BYTES = _PREFIX.size
_HTTP_OK = b"200"

Headers = Mapping[bytes, bytes]
"""Header fields by name in lower case, those of HTTP/2 among them: `:status`."""


class MalformedGrpcError(ValueError):
    """The bytes are no gRPC; the message says what was found."""


class GrpcCall(NamedTuple):
    """What is called, and with which message; `metadata` are more headers."""

    scheme: str
    authority: str
    path: str
    message: bytes
    metadata: Mapping[str, str]

    def headers(self, user_agent: str) -> list[tuple[str, str]]:
        """In the order that gRPC wants."""
        return [
            (":method", "POST"),
            (":scheme", self.scheme),
            (":path", self.path),
            (":authority", self.authority),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("user-agent", user_agent),
            *self.metadata.items(),
        ]


class GrpcCode(IntEnum):
    """See statuscodes.md of gRPC."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


_CODES = {code.value: code for code in GrpcCode}

# See http-grpc-status-mapping.md of gRPC: for who answers in the place of a gRPC server.
_BY_HTTP_STATUS = {
    b"400": GrpcCode.INTERNAL,
    b"401": GrpcCode.UNAUTHENTICATED,
    b"403": GrpcCode.PERMISSION_DENIED,
    b"404": GrpcCode.UNIMPLEMENTED,
    b"429": GrpcCode.UNAVAILABLE,
    b"502": GrpcCode.UNAVAILABLE,
    b"503": GrpcCode.UNAVAILABLE,
    b"504": GrpcCode.UNAVAILABLE,
}


class GrpcStatus(NamedTuple):
    """How a call ended; `words` are the server's, in quotes, or empty."""

    code: GrpcCode
    words: str

    def __str__(self) -> str:
        """Say it: `UNAVAILABLE: "try again later"`."""
        return f"{self.code.name}: {self.words}" if self.words else self.code.name


def frame(message: bytes) -> bytes:
    """Return the message as it is sent: not compressed, behind its length."""
    return _PREFIX.pack(0, len(message)) + message


def unframe(data: bytes) -> bytes:
    """Return the one message that a reply consists of."""
    if len(data) < PREFIX_BYTES:
        raise MalformedGrpcError(f"found {len(data)} bytes, expected a message")
    compressed, length = _PREFIX.unpack_from(data)
    if compressed:
        raise MalformedGrpcError("found a compressed message, expected what was asked for")
    if length != len(data) - PREFIX_BYTES:
        raise MalformedGrpcError(
            f"found {len(data) - PREFIX_BYTES} bytes, expected one message of {length}"
        )
    return data[PREFIX_BYTES:]


def status_of(headers: Headers) -> GrpcStatus:
    """Return how a call ended, by the headers and the trailers of the reply together."""
    said, http_status = headers.get(b"grpc-status"), headers.get(b":status", b"")
    if said is None and http_status != _HTTP_OK:
        code = _BY_HTTP_STATUS.get(http_status, GrpcCode.UNKNOWN)
        return GrpcStatus(code, f"HTTP status {_quoted(http_status)}")
    content_type = headers.get(b"content-type", b"")
    if not content_type.startswith(b"application/grpc"):
        raise MalformedGrpcError(f"found content type {_quoted(content_type)}, expected gRPC")
    if said is None or not re.fullmatch(rb"[0-9]{1,3}", said):
        raise MalformedGrpcError(f"found grpc-status {_quoted(said)}, expected a number")
    code = _CODES.get(int(said), GrpcCode.UNKNOWN)
    message = headers.get(b"grpc-message", b"")
    return GrpcStatus(code, _quoted(unquote_to_bytes(message)) if message else "")


def _quoted(said: bytes | None) -> str:
    return described(None if said is None else said.decode("utf-8", "backslashreplace"))

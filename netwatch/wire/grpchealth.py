"""Messages of grpc.health.v1.Health/Check: one field each, so that no protobuf library is needed.

See health.proto of gRPC, and encoding.md of Protocol Buffers.
"""

from collections.abc import Iterator

from netwatch.wire.grpc import MalformedGrpcError

CHECK_PATH = "/grpc.health.v1.Health/Check"

SERVING = "SERVING"
_STATUSES = {0: "UNKNOWN", 1: SERVING, 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
UNRECOGNIZED = "UNRECOGNIZED"
"""A status that came to the protocol after this was written."""

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10
_STRING_FIELD = 1 << 3 | _LENGTH


def health_request(service: str) -> bytes:
    """Return HealthCheckRequest; an empty service is the server as a whole."""
    name = service.encode()
    return bytes([_STRING_FIELD]) + _varint(len(name)) + name if name else b""


def health_status(message: bytes) -> str:
    """Return the status of a HealthCheckResponse; raises MalformedGrpcError."""
    status = 0
    for field, value in _varint_fields(message):
        if field == 1:
            status = value
    return _STATUSES.get(status, UNRECOGNIZED)


def _varint_fields(message: bytes) -> Iterator[tuple[int, int]]:
    """Yield number and value of the fields that are integers; those of other types are passed."""
    place = 0
    while place < len(message):
        tag, place = _read_varint(message, place)
        field, kind = tag >> 3, tag & 7
        value = 0
        if kind == _VARINT:
            value, place = _read_varint(message, place)
            yield field, value
        elif kind == _LENGTH:
            value, place = _read_varint(message, place)
            place += value
        elif kind in (_FIXED64, _FIXED32):
            place += 8 if kind == _FIXED64 else 4
        else:
            raise MalformedGrpcError(f"found a field of type {kind}, expected none such")
    if place > len(message):
        raise MalformedGrpcError("found the beginning of a field, expected all of it")


def _varint(value: int) -> bytes:
    written = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    """Return the number that begins at `place`, and where it ends."""
    value = 0
    for count, byte in enumerate(data[place : place + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * count
        if byte < 0x80:  # noqa: PLR2004 - the last byte
            return value & (1 << 64) - 1, place + count + 1
    raise MalformedGrpcError("found a number without an end, expected one of 64 bits")

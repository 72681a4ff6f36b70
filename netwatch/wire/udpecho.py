"""Datagrams of the UDP echo between agents: what is asked, what is answered, and nothing else.

`magic (8) | kind (1) | zeros (3) | sequence (4) | nonce (8) | padding (zeros)`, in network order.
A reply is its request with the other kind: as long, never longer. Only requests are answered, so
that a forged source address cannot set two echoes on each other.
"""

import struct
from typing import NamedTuple

MAGIC = b"netwatch"
NONCE_BYTES = 8

_HEADER = struct.Struct("!8sB3xI8s")
HEADER_BYTES = _HEADER.size
_KIND_OFFSET = len(MAGIC)
_REQUEST, _REPLY = 1, 2


class EchoReply(NamedTuple):
    """Which request came back; `nonce` proves that the request was ours."""

    nonce: bytes
    sequence: int


def echo_request(nonce: bytes, sequence: int, size_bytes: int) -> bytes:
    """Return request number `sequence`, `size_bytes` long, at least `HEADER_BYTES`."""
    return _HEADER.pack(MAGIC, _REQUEST, sequence, nonce).ljust(size_bytes, b"\0")


def reply_to(datagram: bytes) -> bytes | None:
    """Return what an echo answers to a request; None for anything else."""
    if not _is_a(_REQUEST, datagram):
        return None
    return datagram[:_KIND_OFFSET] + bytes([_REPLY]) + datagram[_KIND_OFFSET + 1 :]


def decode_reply(datagram: bytes) -> EchoReply | None:
    """Return which request a reply answers; None for anything else."""
    if not _is_a(_REPLY, datagram):
        return None
    _, _, sequence, nonce = _HEADER.unpack_from(datagram)
    return EchoReply(nonce, sequence)


def _is_a(kind: int, datagram: bytes) -> bool:
    start = MAGIC + bytes([kind, 0, 0, 0])
    return len(datagram) >= HEADER_BYTES and datagram.startswith(start)

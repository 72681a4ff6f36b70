"""Addresses and control messages as the kernel lays them out, and as Python's sockets have them."""

import socket
import struct
from collections.abc import Iterable, Iterator

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""(address, 0), or (address, 0, flow, scope) for IPv6."""

_IPV4 = struct.Struct("=H2x4s8x")
_IPV6 = struct.Struct("=H2x4x16sI")
_CONTROL_HEADER = struct.Struct("=Qii")


def sockaddr(packed: bytes, scope: int = 0) -> bytes:
    """Return the `struct sockaddr` of a packed address; `scope` is a link-local one's interface."""
    if len(packed) == 4:  # noqa: PLR2004  # IPv4
        return _IPV4.pack(socket.AF_INET, packed)
    return _IPV6.pack(socket.AF_INET6, packed, scope)


def sockaddr_of(address: SocketAddress) -> bytes:
    """Return the same for an address as Python has it."""
    if len(address) == 2:  # noqa: PLR2004  # IPv4
        return sockaddr(socket.inet_pton(socket.AF_INET, address[0]))
    return sockaddr(socket.inet_pton(socket.AF_INET6, address[0]), address[3])


def address_of(name: bytes) -> SocketAddress:
    """Return the address as Python has it; `name` begins with a `struct sockaddr`."""
    (family,) = struct.unpack_from("=H", name)
    if family == socket.AF_INET:
        _, packed = _IPV4.unpack_from(name)
        return (socket.inet_ntop(family, packed), 0)
    _, packed, scope = _IPV6.unpack_from(name)
    return (socket.inet_ntop(family, packed), 0, 0, scope)


def control_data(messages: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return control messages (level, type, content) as cmsg(3) lays them out."""
    parts = []
    for level, kind, content in messages:
        message = _CONTROL_HEADER.pack(_CONTROL_HEADER.size + len(content), level, kind) + content
        parts.append(message + bytes(-len(message) % 8))
    return b"".join(parts)


def control_messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield level, type and content of each control message of cmsg(3)."""
    while len(data) >= _CONTROL_HEADER.size:
        length, level, kind = _CONTROL_HEADER.unpack_from(data)
        yield level, kind, data[_CONTROL_HEADER.size : length]
        data = data[max(-(-length // 8) * 8, _CONTROL_HEADER.size) :]

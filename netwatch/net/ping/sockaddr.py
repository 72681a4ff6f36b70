"""Socket addresses as the kernel lays them out: `struct sockaddr_in` and `sockaddr_in6`."""

import socket
import struct

_IPV4 = struct.Struct("=H2x4s8x")
_IPV6 = struct.Struct("=H2x4x16sI")


def sockaddr(packed: bytes, scope: int = 0) -> bytes:
    """Return the structure for a packed address; `scope` is the interface of a link-local one."""
    if len(packed) == 4:  # noqa: PLR2004
        return _IPV4.pack(socket.AF_INET, packed)
    return _IPV6.pack(socket.AF_INET6, packed, scope)


def address_of(name: bytes) -> tuple[str, int] | tuple[str, int, int, int]:
    """Return the same as Python's sockets take it, from a slot that begins with it."""
    (family,) = struct.unpack_from("=H", name)
    if family == socket.AF_INET:
        return (socket.inet_ntop(family, name[4:8]), 0)
    (scope,) = struct.unpack_from("=I", name, 24)
    return (socket.inet_ntop(family, name[8:24]), 0, 0, scope)

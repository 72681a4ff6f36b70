"""Connecting by TCP to an IP address, without a thread, a name server or a guess."""

import asyncio
import errno
import os
import socket

from netwatch.model import Outcome, ProbeError
from netwatch.net.stream import Stream

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""As Python's sockets have it: address and port, and for IPv6 flow and scope."""


async def connect(
    address: str, port: int, *, source_address: str = "", interface: str = ""
) -> Stream:
    """Return a connection to `address`, an IP address, perhaps with `%interface`.

    `source_address` and `interface` of this host are the kernel's choice where empty. Cancelling
    closes the socket. Raises OSError as the network says it, or EAFNOSUPPORT for a source address
    of the other family, and ProbeError (LOCAL) where this host has no such source or interface.
    """
    if source_address and (":" in source_address) != (":" in address):
        said = f"cannot send from {source_address} to {address}, of the other family"
        raise OSError(errno.EAFNOSUPPORT, said)
    sock = _open(address, source_address, interface)
    try:
        await _connect(sock, socket_address(address, port))
    except BaseException:
        sock.close()
        raise
    return Stream(sock)


def socket_address(address: str, port: int) -> SocketAddress:
    """Return what sockets call an IP address; OSError where its `%interface` is not there."""
    host, _, scope = address.partition("%")
    if ":" not in host:
        return (host, port)
    if scope and not scope.isdecimal():
        return (host, port, 0, socket.if_nametoindex(scope))
    return (host, port, 0, int(scope or 0))


def bind(sock: socket.socket, source_address: str, interface: str = "") -> None:
    """Make `sock` send from there; raises ProbeError (LOCAL) where this host has no such thing."""
    try:
        if interface:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        if source_address:
            sock.bind(socket_address(source_address, 0))
    except OSError as error:
        used = " ".join(filter(None, (source_address, interface)))
        # Not a matter of the network, whatever the number of the error.
        raise ProbeError(
            Outcome.LOCAL, f"cannot send from {used}: {error.strerror or error}"
        ) from error


def _open(address: str, source_address: str, interface: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    try:
        sock.setblocking(False)
        # So that the first line of a dialogue does not wait for the acknowledgement of a handshake.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        bind(sock, source_address, interface)
    except BaseException:
        sock.close()
        raise
    return sock


async def _connect(sock: socket.socket, address: SocketAddress) -> None:
    """Connect without `loop.sock_connect`, which loses the scope of an address under uvloop."""
    loop = asyncio.get_running_loop()
    error = sock.connect_ex(address)
    if error == errno.EINPROGRESS:
        writable = asyncio.Event()
        loop.add_writer(sock, writable.set)
        try:
            await writable.wait()
        finally:
            loop.remove_writer(sock)
        error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if error:
        raise OSError(error, os.strerror(error))

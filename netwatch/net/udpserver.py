"""UDP sockets of a server that answers from the very address it was asked at.

A host has many addresses. Left to itself, the kernel answers from the one that it likes best, and
whoever asked another takes the answer for a stranger's.
"""

import socket
import struct
from typing import NamedTuple, Self

from netwatch.net.connect import SocketAddress, socket_address
from netwatch.net.ping.opening import RECEIVE_BUFFER_BYTES
from netwatch.wire.listen import ListenAddress

MAX_DATAGRAM_BYTES = 65_535
_CONTROL_BYTES = 128

_IP_PKTINFO = 8  # ip(7); Python exports it from 3.14 on
_IPV4_INFO = struct.Struct("=i4s4s")  # struct in_pktinfo
_IPV6_INFO = struct.Struct("=16si")  # struct in6_pktinfo
_ARRIVAL_OPTIONS = {
    socket.AF_INET: (socket.IPPROTO_IP, _IP_PKTINFO),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO),
}

Ancillary = list[tuple[int, int, bytes]]


class UdpListenError(Exception):
    """An address cannot be listened on; the message says which and why."""


class Question(NamedTuple):
    """A datagram, who sent it, and what makes the answer leave from where it arrived."""

    data: bytes
    sender: SocketAddress
    way_back: Ancillary

    @property
    def source(self) -> str:
        """The address of who sent it, with `%interface` where it is link-local."""
        host, _, *more = self.sender
        try:
            return f"{host}%{socket.if_indextoname(int(more[-1]))}" if any(more) else host
        except OSError:  # the interface has gone
            return host


class UdpServerSocket:
    """One socket that listens, and never waits; somebody must close it."""

    def __init__(self, host: str, port: int) -> None:
        """`host` is an IP address. Raises OSError where it cannot be listened on."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        try:
            self.socket.setblocking(False)
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            self.socket.setsockopt(*_ARRIVAL_OPTIONS[family], 1)
            if family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.socket.bind(socket_address(host, port))
        except BaseException:
            self.close()
            raise

    @classmethod
    def open_all(cls, address: ListenAddress) -> list[Self]:
        """Open what the address means: no host is all addresses of both families.

        Raises UdpListenError.
        """
        hosts = [address.host]
        if not address.host:
            hosts = ["0.0.0.0", "::"] if socket.has_dualstack_ipv6() else ["0.0.0.0"]
        opened: list[Self] = []
        try:
            for host in hosts:
                opened.append(cls(host, address.port))  # noqa: PERF401 - what was opened is closed
        except OSError as error:
            for one in opened:
                one.close()
            why = str(error.strerror or error).lower()
            raise UdpListenError(f"cannot listen on UDP {address}: {why}") from error
        return opened

    @property
    def address(self) -> ListenAddress:
        """Where it listens, with the port that was chosen."""
        return ListenAddress(*self.socket.getsockname()[:2])

    def close(self) -> None:
        self.socket.close()

    def receive(self) -> Question | None:
        """Take what came; None if nothing did."""
        try:
            data, ancillary, _, sender = self.socket.recvmsg(MAX_DATAGRAM_BYTES, _CONTROL_BYTES)
        except BlockingIOError:
            return None
        return Question(data, sender, [_way_back(*message) for message in ancillary])

    def answer(self, question: Question, data: bytes) -> None:
        """Raise OSError where the kernel does not take it."""
        self.socket.sendmsg([data], question.way_back, 0, question.sender)


def _way_back(level: int, kind: int, arrival: bytes) -> tuple[int, int, bytes]:
    """Turn where a datagram arrived into where its answer leaves from, on whichever interface."""
    if level == socket.IPPROTO_IP:
        _, address, _ = _IPV4_INFO.unpack(arrival)
        return level, kind, _IPV4_INFO.pack(0, address, bytes(4))
    address, _ = _IPV6_INFO.unpack(arrival)
    return level, kind, _IPV6_INFO.pack(address, 0)

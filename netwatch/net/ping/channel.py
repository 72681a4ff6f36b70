"""One ICMP socket: sends requests, and receives what is about them with the kernel's time stamps.

A raw socket with a BPF filter wakes for our packets alone, and gets ICMP errors as packets. On a
datagram socket the kernel chooses the identifier, and ICMP errors come by the error queue.
"""

import ctypes
import errno
import socket
import struct
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, Self

from netwatch.net.ping.opening import (
    IP_RECVERR,
    IPV6_RECVERR,
    SO_TIMESTAMPNS,
    ChannelOptions,
    open_socket,
)
from netwatch.wire import bpf, icmp

# From Linux headers; Python exports none of these.
SO_ATTACH_FILTER = 26
SO_MEMINFO = 55
MSG_ERRQUEUE = 0x2000
IP_TTL = 2  # as ancillary data, asked for by IP_RECVTTL

_MEMINFO = struct.Struct("=9I")  # linux/sock_diag.h: SK_MEMINFO_*
_MEMINFO_ALLOCATED, _MEMINFO_LIMIT, _MEMINFO_DROPS = 0, 1, 8
_TIMESPEC = struct.Struct("@qq")
_INT = struct.Struct("@i")
_EXTENDED_ERROR = struct.Struct("=IBBBxII")  # linux/errqueue.h: struct sock_extended_err
_ORIGINS_ICMP = frozenset({2, 3})  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6

_ANCILLARY_BYTES = 512
_HEADERS_BYTES = 60 + icmp.HEADER_BYTES

Ancillary = list[tuple[int, int, bytes]]
Address = tuple[str, int] | tuple[str, int, int, int]
"""What sockets take: (address, 0), or (address, 0, flow, scope) for IPv6."""


class Received(NamedTuple):
    """One message about our packets: what it says, who sent it, and when the kernel got it.

    `stamp_ns` is CLOCK_REALTIME, 0 if there is none.
    """

    message: icmp.EchoReply | icmp.EchoFailure
    sender: str
    stamp_ns: int


class Channel:
    """An open ICMP socket; close it, or use it as a context manager."""

    def __init__(self, options: ChannelOptions) -> None:
        """Raise ChannelError if the kernel does not let us."""
        self.options = options
        self._owner = open_socket(options)
        self._socket: socket.socket = self._owner.sock
        self.is_raw: bool = self._owner.is_privileged
        self.malformed = 0
        self.drops = 0
        self._receive_bytes = 2048
        self.accept_only(())  # what slipped in before is judged by its nonce

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._owner.close()

    @property
    def kernel_identifier(self) -> int:
        """The identifier that the kernel chose; only datagram sockets have one."""
        identifier: int = self._socket.getsockname()[1]
        return identifier

    def accept_only(self, identifiers: Iterable[int]) -> None:
        """Sleep through what is not about these identifiers; datagram sockets do so anyway."""
        if not self.is_raw:
            return
        make = bpf.ipv4_filter if self.options.family == 4 else bpf.ipv6_filter  # noqa: PLR2004
        code = bpf.pack(make(identifiers))
        kept = ctypes.create_string_buffer(code, len(code))  # until the kernel has copied it
        program = struct.pack("@HP", len(code) // bpf.INSTRUCTION_BYTES, ctypes.addressof(kept))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    def make_room(self, payload_bytes: int) -> None:
        """Receive messages with this much payload whole."""
        self._receive_bytes = max(self._receive_bytes, payload_bytes + _HEADERS_BYTES)

    def send(self, request: bytes, destination: Address) -> int:
        """Give a request to the kernel; return CLOCK_REALTIME in nanoseconds just before.

        Raises OSError where the kernel refuses this very packet.
        """
        stamp_ns = time.time_ns()
        try:
            self._socket.sendto(request, destination)
        except OSError as error:
            if self.is_raw or error.errno in {errno.EAGAIN, errno.ENOBUFS}:
                raise
            # A datagram socket may tell of an earlier packet here: ask about this one.
            stamp_ns = time.time_ns()
            self._socket.sendto(request, destination)
        return stamp_ns

    def overflowed(self) -> bool:
        """Whether the kernel dropped messages for want of room since the last call.

        Ask before receiving: only a full queue tells want of room from a bad ICMPv6 checksum,
        which the kernel counts as a drop too.
        """
        try:
            info = _MEMINFO.unpack(
                self._socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, _MEMINFO.size)
            )
        except (OSError, struct.error):
            return False  # before Linux 4.12
        if info[_MEMINFO_DROPS] == self.drops:
            return False
        self.drops = info[_MEMINFO_DROPS]
        return bool(info[_MEMINFO_ALLOCATED] > info[_MEMINFO_LIMIT] // 2)

    def receive(self, deliver: Callable[[Received], None]) -> None:
        """Deliver all that waits about echo requests, and count what is malformed."""
        while (packet := self._next_packet()) is not None:
            self._deliver(*packet, deliver)
        if not self.is_raw:
            while (packet := self._next_packet(MSG_ERRQUEUE)) is not None:
                data, ancillary, destination = packet
                failure = _queued_failure(data, ancillary, destination)
                if failure is not None:
                    deliver(Received(failure, "", 0))

    def _deliver(
        self, data: bytes, ancillary: Ancillary, sender: str, deliver: Callable[[Received], None]
    ) -> None:
        stamp_ns, hop_limit = _stamp_and_hop_limit(ancillary)
        try:
            if self.is_raw and self.options.family == 4:  # noqa: PLR2004
                message = icmp.decode_ipv4_packet(data)
            else:
                message = icmp.decode_message(data, self.options.family, hop_limit)
        except icmp.MalformedError:
            self.malformed += 1
            return
        if message is not None:
            deliver(Received(message, sender, stamp_ns))

    def _next_packet(self, flags: int = 0) -> tuple[bytes, Ancillary, str] | None:
        while True:
            try:
                data, ancillary, _, sender = self._socket.recvmsg(
                    self._receive_bytes, _ANCILLARY_BYTES, flags
                )
            except BlockingIOError:
                return None
            except OSError:
                if self.is_raw or flags:
                    raise
                continue  # an earlier packet's error, cleared by now; the error queue has it too
            return data, ancillary, sender[0]


def _stamp_and_hop_limit(ancillary: Ancillary) -> tuple[int, int]:
    stamp_ns = hop_limit = 0
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            stamp_ns = seconds * 1_000_000_000 + nanoseconds
        elif (level, kind) in {
            (socket.IPPROTO_IP, IP_TTL),
            (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT),
        }:
            (hop_limit,) = _INT.unpack_from(data)
    return stamp_ns, hop_limit


def _queued_failure(
    request: bytes, ancillary: Ancillary, destination: str
) -> icmp.EchoFailure | None:
    """Read an entry of the error queue: the request that failed, and why (ip(7), IP_RECVERR)."""
    if len(request) < icmp.HEADER_BYTES:
        return None
    for level, kind, data in ancillary:
        if (level, kind) not in {
            (socket.IPPROTO_IP, IP_RECVERR),
            (socket.IPPROTO_IPV6, IPV6_RECVERR),
        }:
            continue
        _, origin, type_, code, info, _ = _EXTENDED_ERROR.unpack_from(data)
        if origin in _ORIGINS_ICMP:
            family = socket.AF_INET if level == socket.IPPROTO_IP else socket.AF_INET6
            identifier, sequence = struct.unpack_from("!HH", request, 4)
            packed = socket.inet_pton(family, destination)
            return icmp.EchoFailure(type_, code, identifier, sequence, packed, info)
    return None

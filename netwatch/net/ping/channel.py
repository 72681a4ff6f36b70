"""One ICMP socket for requests of one size: sends them in batches, and knows what became of them.

A raw socket with a BPF filter wakes for our packets alone, and gets ICMP errors as packets. On a
datagram socket the kernel chooses the identifier, and ICMP errors come by the error queue.
"""

import contextlib
import ctypes
import errno
import socket
import struct
from collections.abc import Callable, Iterable

from netwatch.net.ping.departures import Departures
from netwatch.net.ping.inbox import Inbox, slots_for
from netwatch.net.ping.layout import COMPLEMENTS, SEQUENCES
from netwatch.net.ping.mmsg import DATA_OFFSET, SendRing
from netwatch.net.ping.opening import ChannelOptions, open_socket, stamp_both_ways
from netwatch.wire import bpf, icmp

# From Linux headers; Python exports none of these.
SO_ATTACH_FILTER = 26
SO_MEMINFO = 55

_MEMINFO = struct.Struct("=9I")  # linux/sock_diag.h: SK_MEMINFO_*
_MEMINFO_ALLOCATED, _MEMINFO_LIMIT, _MEMINFO_DROPS = 0, 1, 8
_MESSAGE_OVERHEAD_BYTES = 1024
"""What the kernel counts for a message beside its payload, at most."""
_NOT_ABOUT_EARLIER_REQUESTS = frozenset({errno.EAGAIN, errno.ENOBUFS})


class Channel:
    """An open ICMP socket; somebody must close it."""

    def __init__(self, options: ChannelOptions) -> None:
        """Raise ChannelError if the kernel does not let us."""
        self.options = options
        self._owner = open_socket(options)
        self._socket: socket.socket = self._owner.sock
        self.is_raw: bool = self._owner.is_privileged
        self.listen_for(())
        self._forget_what_slipped_in()
        self.stamps_sends = stamp_both_ways(self._socket)
        """Whether the kernel tells when a request left."""
        self.inbox = Inbox(
            self._socket,
            options.family,
            is_raw=self.is_raw,
            payload_bytes=options.payload_bytes,
            has_send_stamps=self.stamps_sends,
        )
        self.departures = Departures(self._socket, options.family)
        name_bytes = 16 if options.family == 4 else 28  # noqa: PLR2004  # struct sockaddr_in, _in6
        request_bytes = icmp.HEADER_BYTES + options.payload_bytes
        self._ring = SendRing(slots_for(request_bytes), request_bytes, name_bytes)
        sequence = DATA_OFFSET + icmp.SEQUENCE_OFFSET
        self._sequences = self._ring.column("H", sequence)
        self._complements = self._ring.column("H", sequence + 2 + icmp.NONCE_BYTES)
        self.drops = 0

    def _forget_what_slipped_in(self) -> None:
        """Drop others' packets of the moment between the socket and its filter."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._socket.recv(1)

    def close(self) -> None:
        self._owner.close()

    @property
    def batch_packets(self) -> int:
        """Most requests a call of `send`."""
        return self._ring.count

    @property
    def kernel_identifier(self) -> int:
        """The identifier that the kernel chose; only datagram sockets have one."""
        identifier: int = self._socket.getsockname()[1]
        return identifier

    def listen_for(self, identifiers: Iterable[int]) -> None:
        """Sleep through what is not about these identifiers; datagram sockets do so anyway."""
        if not self.is_raw:
            return
        make = bpf.ipv4_filter if self.options.family == 4 else bpf.ipv6_filter  # noqa: PLR2004
        code = bpf.pack(make(identifiers))
        kept = ctypes.create_string_buffer(code, len(code))  # until the kernel has copied it
        program = struct.pack("@HP", len(code) // bpf.INSTRUCTION_BYTES, ctypes.addressof(kept))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)

    def load(self, request: bytes) -> None:
        """Send requests like this one from now on; `send` fills in what differs between them."""
        self._ring.load(request)

    def send(self, names: bytes, first: int, refuse: Callable[[int, OSError], None]) -> None:
        """Send a request to each `struct sockaddr` of `names`, numbered from `first` on.

        `refuse` is told the index of each that the kernel did not take, and why.
        """
        number = self._ring.address(names)
        self._sequences[:number] = SEQUENCES[first : first + number]
        self._complements[:number] = COMPLEMENTS[first : first + number]
        done = 0
        while done < number:
            try:
                done += self._send_some(done, number)
            except OSError as error:
                refuse(done, error)
                done += 1

    def overflowed(self) -> bool:
        """Whether the kernel dropped messages for want of room since the last call.

        For IPv6 ask before each receive: the kernel counts a bad ICMPv6 checksum as a drop too,
        whoever sent it, and only how full the queue is tells the one from the other.
        """
        allocated, limit, drops = self._memory()
        if drops == self.drops:
            return False
        self.drops = drops
        return self.options.family == 4 or allocated > limit // 2  # noqa: PLR2004

    def room_packets(self) -> int:
        """Return how many messages of our size the receive buffer holds."""
        _, limit, _ = self._memory()
        return limit // (self.options.payload_bytes + _MESSAGE_OVERHEAD_BYTES)

    def _memory(self) -> tuple[int, int, int]:
        """Return bytes in the queue, the most there may be, and messages dropped so far."""
        try:
            info = _MEMINFO.unpack(
                self._socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, _MEMINFO.size)
            )
        except (OSError, struct.error):  # before Linux 4.12
            return 0, self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF), self.drops
        return info[_MEMINFO_ALLOCATED], info[_MEMINFO_LIMIT], info[_MEMINFO_DROPS]

    def _send_some(self, first: int, end: int) -> int:
        try:
            return self._ring.send(self._socket, first, end)
        except OSError as error:
            if self.is_raw or error.errno in _NOT_ABOUT_EARLIER_REQUESTS:
                raise
            # A datagram socket may tell of an earlier request here: ask about this one.
            return self._ring.send(self._socket, first, end)

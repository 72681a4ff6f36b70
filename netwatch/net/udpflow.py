"""Echo requests from one source port, and what came back of them.

Routers that know several paths choose by the ports (ECMP), so one flow takes one path there and
one back. The kernel's stamp tells how long a reply has waited for us, and the monotonic clock all
else: so neither a busy program nor a step of the wall clock gets into a round-trip time.
"""

import asyncio
import os
import socket
import struct
import time
from collections.abc import Iterable
from typing import Self

from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import socket_address
from netwatch.net.icmperrors import keep_icmp_errors, next_icmp_error
from netwatch.net.ping.opening import IP_MTU_DISCOVER, PMTUDISC_DONT, SO_TIMESTAMPNS
from netwatch.net.ping.reasons import of_send_error
from netwatch.wire.udpecho import NONCE_BYTES, decode_reply, echo_request

_CONTROL_BYTES = 128
_TIMESPEC = struct.Struct("=qq")

SO_MEMINFO = 55  # linux/sock_diag.h: SK_MEMINFO_*
_MEMINFO = struct.Struct("=9I")
_MEMINFO_DROPS = 8


class UdpFlow:
    """A socket of its own to one echo; a context manager, served by the running loop.

    `rtts` are seconds by sequence number. A `duplicate` is a reply to what had been answered, a
    `reordered` reply was overtaken by that of a later request. `failure` is what ICMP or the
    kernel said against it: it ends the flow.
    """

    def __init__(self, address: str, port: int, *, packets: int, size_bytes: int) -> None:
        """`address` is an IP address. Raises OSError where it cannot be reached from here."""
        self.rtts: dict[int, float] = {}
        self.duplicates = 0
        self.reordered = 0
        self.failure: ProbeError | None = None
        self.settled = asyncio.Event()
        """All came back, or nothing more will."""
        self._packets = packets
        self._size_bytes = size_bytes
        self._nonce = os.urandom(NONCE_BYTES)
        self._sent_at: list[float] = []
        self._socket = _connected(address, port)
        self.source_port: int = self._socket.getsockname()[1]

    def __enter__(self) -> Self:
        asyncio.get_running_loop().add_reader(self._socket, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    @property
    def sent(self) -> int:
        """How many requests the kernel accepted."""
        return len(self._sent_at)

    @property
    def lost(self) -> int:
        """How many of these have no reply."""
        return self.sent - len(self.rtts)

    def send(self) -> None:
        """Send the next request, unless the flow has ended."""
        if self.settled.is_set():
            return
        request = echo_request(self._nonce, self.sent, self._size_bytes)
        now = time.perf_counter()
        try:
            self._socket.send(request)
        except OSError as error:
            self._fail(error)
        else:
            self._sent_at.append(now)

    def finish(self) -> None:
        """Take in what still waits in the socket, and tell our own losses from the network's."""
        if not self.settled.is_set():
            self._receive()
        memory = self._socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, _MEMINFO.size)
        # The kernel counts replies with a bad checksum here too.
        if self.lost and (drops := _MEMINFO.unpack(memory)[_MEMINFO_DROPS]):
            detail = f"our socket had no room for {drops} replies"
            self.failure = ProbeError(Outcome.LOCAL, detail)

    def _receive(self) -> None:
        try:
            while True:
                datagram, ancillary, _, _ = self._socket.recvmsg(
                    self._size_bytes + 1, _CONTROL_BYTES
                )
                self._take(datagram, time.perf_counter(), _waited_seconds(ancillary))
        except BlockingIOError:
            pass
        except OSError as error:
            self._fail(error)

    def _take(self, datagram: bytes, now: float, waited_seconds: float) -> None:
        reply = decode_reply(datagram)
        if not reply or reply.nonce != self._nonce or len(datagram) != self._size_bytes:
            return  # not ours, or no longer as it was
        sequence = reply.sequence
        if sequence in self.rtts:
            self.duplicates += 1
        elif sequence < self.sent:
            self.reordered += any(sequence < other for other in self.rtts)
            elapsed = now - self._sent_at[sequence]
            # More than that, and the wall clock was set in between.
            self.rtts[sequence] = elapsed - (waited_seconds if waited_seconds < elapsed else 0.0)
        if len(self.rtts) == self._packets:
            self.settled.set()

    def _fail(self, error: OSError) -> None:
        """End the flow: its next request would fare no better, and it has lost one already."""
        self.failure = next_icmp_error(self._socket) or ProbeError(*of_send_error(error))
        self.settled.set()
        asyncio.get_running_loop().remove_reader(self._socket)


def _connected(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        if family == socket.AF_INET:  # fragment, whatever path MTU the kernel remembers
            opened.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT)
        keep_icmp_errors(opened)
        opened.connect(socket_address(address, port))
    except BaseException:
        opened.close()
        raise
    return opened


def _waited_seconds(ancillary: Iterable[tuple[int, int, bytes]]) -> float:
    """Return how long the datagram has lain in the queue of the socket."""
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = _TIMESPEC.unpack_from(content)
            waited_ns: int = time.time_ns() - seconds * 1_000_000_000 - nanoseconds
            return max(waited_ns / 1e9, 0.0)
    return 0.0

"""What the error queue of a socket tells: when each request left, and which could not get there.

A stamp is matched by the packet that it comes with, and not by counting (SOF_TIMESTAMPING_OPT_ID):
a firewall that refuses a packet uses up a number, other refusals do not. See timestamping.rst of
Linux; ip(7) and IP_RECVERR for the errors, which only datagram sockets ask for.
"""

import socket
import struct
from collections import Counter

from netwatch.net.ping.columns import ORIGIN_DEPARTURE, DepartureColumns, Run
from netwatch.net.ping.inbox import slots_for
from netwatch.net.ping.layout import (
    IPV4_HEADER_BYTES,
    LINK_HEADER_BYTES,
    Departure,
    departure_layout,
)
from netwatch.net.ping.mmsg import DATA_OFFSET, NAME_BYTES, RECEIVED, ReceiveRing
from netwatch.net.ping.opening import IP_RECVERR, IPV6_RECVERR, SO_TIMESTAMPING
from netwatch.net.ping.sockaddr import control_messages
from netwatch.wire.icmp import HEADER_BYTES, IPV6_HEADER_BYTES, SEQUENCE_OFFSET, EchoFailure

MSG_ERRQUEUE = 0x2000
_ORIGINS_ICMP = frozenset({2, 3})  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
_EXTENDED_ERROR = struct.Struct("=IBBBxII")  # linux/errqueue.h: struct sock_extended_err
_SEQUENCE = struct.Struct("=H")  # as it stands in the packet
_ERRORS = frozenset({(socket.IPPROTO_IP, IP_RECVERR), (socket.IPPROTO_IPV6, IPV6_RECVERR)})

_DATA_BYTES = 192
"""Enough of a request to hold its nonce, behind any header of link and tunnel."""


class Departures:
    """The error queue of one socket."""

    def __init__(self, opened: socket.socket, family: int) -> None:
        self._socket = opened
        self._family = family
        # One more than is sent at once, so that a second look is not needed to see the end.
        self._ring = ReceiveRing(slots_for(DATA_OFFSET + _DATA_BYTES) + 1, _DATA_BYTES)
        self._expect(LINK_HEADER_BYTES)
        self._elsewhere: Counter[int] = Counter()
        """Length of the link header of requests that stand elsewhere, in the latest messages."""

    def _expect(self, link_header_bytes: int) -> None:
        family, ring = self._family, self._ring
        self._layout = departure_layout(
            family, link_header_bytes=link_header_bytes, stride=ring.stride
        )
        ip_header = IPV4_HEADER_BYTES if family == 4 else IPV6_HEADER_BYTES  # noqa: PLR2004
        message = DATA_OFFSET + link_header_bytes + ip_header
        is_aligned = message % 2 == 0
        self._columns = (
            DepartureColumns(
                ring, family, control_bytes=self._layout.control_bytes, message_offset=message
            )
            if is_aligned
            else None
        )

    @property
    def most(self) -> int:
        """How many messages fit; as many received, and there may be more."""
        return self._ring.count

    def receive(self) -> int:
        """Take in what waits, up to `most`; return how many messages."""
        return self._ring.receive(self._socket, MSG_ERRQUEUE)

    def run(self, number: int) -> Run | None:
        """Return what was received, if it is nothing but requests in order; else see `rows`."""
        return self._columns.read(number) if self._columns else None

    def rows(
        self, number: int, nonces: frozenset[bytes]
    ) -> tuple[list[Departure], list[EchoFailure]]:
        """Return requests that left, and requests that failed; `nonces` are those of ours."""
        ring = self._ring
        departures: list[Departure] = []
        failures: list[EchoFailure] = []
        values, control_bytes, _ = self._layout
        rows = values.iter_unpack(ring.slots[: number * ring.stride])
        lengths = RECEIVED.iter_unpack(ring.headers[: number * RECEIVED.size])
        for index, (row, (control, _, _)) in enumerate(zip(rows, lengths, strict=True)):
            _, _, origin, _, nonce = row
            if nonce in nonces and control == control_bytes and origin == ORIGIN_DEPARTURE:
                departures.append(row)
            else:
                self._read_one(index, nonces, departures, failures)
        self._expect_most(number)
        return departures, failures

    def _expect_most(self, number: int) -> None:
        """Expect the link header that most requests have; others leave by another interface."""
        for link_header_bytes, count in self._elsewhere.most_common(1):
            if count > number // 2:
                self._expect(link_header_bytes)
        self._elsewhere.clear()

    def _read_one(
        self,
        index: int,
        nonces: frozenset[bytes],
        departures: list[Departure],
        failures: list[EchoFailure],
    ) -> None:
        """Read a message that does not stand where most of them do."""
        header = self._ring.headers, index * RECEIVED.size
        control_bytes, _, data_bytes = RECEIVED.unpack_from(*header)
        slot = self._ring.slots[index * self._ring.stride : (index + 1) * self._ring.stride]
        data = bytes(slot[DATA_OFFSET : DATA_OFFSET + data_bytes])
        control = bytes(slot[NAME_BYTES : NAME_BYTES + control_bytes])
        seconds = nanoseconds = 0
        for level, kind, content in control_messages(control):
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPING):
                seconds, nanoseconds = struct.unpack_from("=qq", content)
            elif (level, kind) in _ERRORS:
                error = _EXTENDED_ERROR.unpack_from(content)
                if error[1] in _ORIGINS_ICMP:
                    failures.append(_failure(data, error, self._packed_name(slot)))
                elif error[1] == ORIGIN_DEPARTURE:
                    self._search(data, nonces, (seconds, nanoseconds, error[1]), departures)

    def _search(
        self,
        data: bytes,
        nonces: frozenset[bytes],
        stamp: tuple[int, int, int],
        departures: list[Departure],
    ) -> None:
        """Find our request behind another link header."""
        ip_header = IPV4_HEADER_BYTES if self._family == 4 else IPV6_HEADER_BYTES  # noqa: PLR2004
        for nonce in nonces:
            link_header_bytes = data.find(nonce) - HEADER_BYTES - ip_header
            if link_header_bytes >= 0:
                place = link_header_bytes + ip_header + SEQUENCE_OFFSET
                (sequence,) = _SEQUENCE.unpack_from(data, place)
                departures.append((*stamp, sequence, nonce))
                self._elsewhere[link_header_bytes] += 1

    def _packed_name(self, slot: memoryview) -> bytes:
        return bytes(slot[4:8] if self._family == 4 else slot[8:24])  # noqa: PLR2004


def _failure(data: bytes, error: tuple[int, ...], destination: bytes) -> EchoFailure:
    """Read the request that failed, which begins with its ICMP header, and why it failed."""
    _, _, kind, code, info, _ = error
    identifier, sequence = struct.unpack_from("!HH", data.ljust(8, b"\0"), 4)
    return EchoFailure(kind, code, identifier, sequence, destination, info)

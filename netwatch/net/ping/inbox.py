"""What a socket received, in batches: plain echo replies as rows of values, all else by itself."""

import socket
import struct
from typing import NamedTuple

from netwatch.net.ping.columns import Replies, ReplyColumns
from netwatch.net.ping.layout import IPV4_HEADER_BYTES, Row, reply_layout
from netwatch.net.ping.mmsg import DATA_OFFSET, NAME_BYTES, RECEIVED, ReceiveRing
from netwatch.net.ping.opening import SO_TIMESTAMPING, SO_TIMESTAMPNS
from netwatch.net.ping.sockaddr import control_messages
from netwatch.wire.icmp import protocol_of

BATCH_PACKETS = 256
"""Most messages a system call."""
_RING_BYTES = 1 << 20
_HEADERS_BYTES = 60 + 8
_LEAST_BYTES = 256
"""Enough of an ICMP error for the headers that it embeds."""
_MOST_IN_COLUMNS_BYTES = 2048
"""To compare longer messages word by word costs more than to look at one after the other."""
_STAMPS = frozenset({SO_TIMESTAMPING, SO_TIMESTAMPNS})
_HOP_LIMITS = frozenset(
    {(socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)}
)


class Stray(NamedTuple):
    """A message that is no plain echo reply; `data` begins with the IP header on raw IPv4 sockets.

    `sender` is packed; `stamp_ns` is CLOCK_REALTIME, 0 if there is none; `hop_limit` 0 if unknown.
    """

    data: bytes
    sender: bytes
    stamp_ns: int
    hop_limit: int


def slots_for(stride: int) -> int:
    """Return how many slots of this size a ring should have."""
    return max(8, min(BATCH_PACKETS, _RING_BYTES // stride))


class Inbox:
    """The receiving side of one socket, for replies of one size."""

    def __init__(
        self,
        opened: socket.socket,
        family: int,
        *,
        is_raw: bool,
        payload_bytes: int,
        has_send_stamps: bool,
    ) -> None:
        self._socket = opened
        self._is_raw = is_raw
        self._family = family
        data_bytes = max(payload_bytes + _HEADERS_BYTES, _LEAST_BYTES)
        has_ip_header = is_raw and family == 4  # noqa: PLR2004
        self._kind_offset = DATA_OFFSET + (IPV4_HEADER_BYTES if has_ip_header else 0)
        self._echo_reply = protocol_of(family).echo_reply
        self._ring = ReceiveRing(slots_for(DATA_OFFSET + data_bytes), data_bytes)
        self._layout = reply_layout(
            family,
            is_raw=is_raw,
            payload_bytes=payload_bytes,
            has_send_stamps=has_send_stamps,
            stride=self._ring.stride,
        )
        self._columns = (
            ReplyColumns(self._ring, self._layout, family, payload_bytes=payload_bytes)
            if payload_bytes <= _MOST_IN_COLUMNS_BYTES
            else None
        )

    @property
    def most(self) -> int:
        """How many messages fit; as many received, and there may be more."""
        return self._ring.count

    def receive(self) -> int:
        """Take in what waits, up to `most`; return how many messages."""
        while True:
            try:
                return self._ring.receive(self._socket)
            except OSError:
                if self._is_raw:
                    raise
                # An earlier request's error, cleared by now; the error queue has it too.

    def replies(self, number: int) -> Replies | None:
        """Return what was received, if it is all plain replies of one epoch; else see `rows`."""
        return self._columns.read(number) if self._columns else None

    def rows(self, number: int) -> tuple[list[Row], list[Stray]]:
        """Return plain replies, and other messages."""
        ring = self._ring
        values, control_bytes, data_bytes = self._layout
        rows: list[Row] = list(values.iter_unpack(ring.slots[: number * ring.stride]))
        lengths = RECEIVED.iter_unpack(ring.headers[: number * RECEIVED.size])
        kinds = bytes(ring.slots[self._kind_offset :: ring.stride][:number])
        odd = [
            index
            for index, ((control, _, data), kind) in enumerate(zip(lengths, kinds, strict=True))
            if control != control_bytes or data != data_bytes or kind != self._echo_reply
        ]
        strays = [self._stray(index) for index in odd]
        for index in reversed(odd):
            del rows[index]
        return rows, strays

    def _stray(self, index: int) -> Stray:
        slot = self._ring.slots[index * self._ring.stride : (index + 1) * self._ring.stride]
        control_bytes, _, data_bytes = RECEIVED.unpack_from(
            self._ring.headers, index * RECEIVED.size
        )
        sender = slot[4:8] if self._family == 4 else slot[8:24]  # noqa: PLR2004
        control = bytes(slot[NAME_BYTES : NAME_BYTES + control_bytes])
        stamp_ns = hop_limit = 0
        for level, kind, content in control_messages(control):
            if level == socket.SOL_SOCKET and kind in _STAMPS:
                seconds, nanoseconds = struct.unpack_from("=qq", content)
                stamp_ns = seconds * 1_000_000_000 + nanoseconds
            elif (level, kind) in _HOP_LIMITS:
                (hop_limit,) = struct.unpack_from("=i", content)
        data = bytes(slot[DATA_OFFSET : DATA_OFFSET + data_bytes])
        return Stray(data, bytes(sender), stamp_ns, hop_limit)

"""What a ring holds, a column at a time: cheap, where all its messages are of one kind.

Nearly always they are. Then each field of all messages is read at once, and what they must have in
common is compared at once; anything else is for those who look at one message after the other.
"""

import struct
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from netwatch.net.ping.layout import SEQUENCES, SWAPPED, SlotLayout, origin_offset
from netwatch.net.ping.mmsg import DATA_OFFSET, NAME_BYTES, Form, ReceiveRing
from netwatch.wire.icmp import HEADER_BYTES, NONCE_BYTES, SEQUENCE_OFFSET

ORIGIN_DEPARTURE = 4
"""SO_EE_ORIGIN_TIMESTAMPING of linux/errqueue.h."""
_STAMP_OFFSET = NAME_BYTES + 16
"""Of the first control message's content, which is the time of the kernel."""

_HEADER_SPANS = {4: ((0, 6),), 6: ((0, 2), (4, 6))}
"""What replies share of the ICMP header; for IPv6 the checksum is also of addresses."""


class Replies(NamedTuple):
    """Replies that share all but these; `constant` is what they share, as `constant_of` has it.

    `senders` has the packed addresses as numbers of this machine, a list for each word. `stamps_ns`
    are CLOCK_REALTIME, 0 where the kernel gave none.
    """

    constant: tuple[bytes, ...]
    sequences: list[int]
    senders: tuple[list[int], ...]
    stamps_ns: list[int]
    hop_limits: list[int]


class Run(NamedTuple):
    """Requests of one nonce that left in the order of their numbers, from `first` on, and when."""

    nonce: bytes
    first: int
    stamps_ns: list[int]


def constant_of(family: int, message: bytes) -> tuple[bytes, ...]:
    """Return what all replies of an epoch share: all but the sequence, and what it changes."""
    form = _constant(family, len(message) - HEADER_BYTES)
    constant: tuple[bytes, ...] = struct.unpack(f"={form}", message)
    return constant


def address_form(family: int) -> Form:
    """Return the type of a word of a packed address, as `struct` has it."""
    return "I" if family == 4 else "Q"  # noqa: PLR2004


class Sameness:
    """Whether messages agree in some of their bytes: each with the next one, a word at a time."""

    def __init__(self, ring: ReceiveRing, *spans: tuple[int, int]) -> None:
        """`spans` are where in a slot these bytes begin and end."""
        words = (word for span in spans for word in _words(*span))
        self._columns = [ring.column(form, offset) for form, offset in words]

    def holds(self, number: int) -> bool:
        """Whether it is so of the first messages."""
        return all(column[1:number] == column[: number - 1] for column in self._columns)


class ReplyColumns:
    """Plain echo replies."""

    def __init__(
        self, ring: ReceiveRing, layout: SlotLayout, family: int, *, payload_bytes: int
    ) -> None:
        self._ring = ring
        message = DATA_OFFSET + layout.data_bytes - HEADER_BYTES - payload_bytes
        sequence, nonce = message + SEQUENCE_OFFSET, message + HEADER_BYTES
        complement = nonce + NONCE_BYTES
        self._constant = struct.Struct(f"={message}x{_constant(family, payload_bytes)}")
        self._sameness = Sameness(
            ring,
            *((message + start, message + end) for start, end in _HEADER_SPANS[family]),
            (nonce, complement),
            (complement + 2, nonce + payload_bytes),
        )
        self._control_lengths = memoryview(array("Q", [layout.control_bytes]) * ring.count)
        self._data_lengths = memoryview(array("I", [layout.data_bytes]) * ring.count)
        name = (4,) if family == 4 else (8, 16)  # noqa: PLR2004  # struct sockaddr_in, _in6
        self._senders = [ring.column(address_form(family), offset) for offset in name]
        self._seconds = ring.column("q", _STAMP_OFFSET)
        self._nanoseconds = ring.column("q", _STAMP_OFFSET + 8)
        has_ip_header = message > DATA_OFFSET
        self._hop_limits = (
            ring.column("B", DATA_OFFSET + 8)
            if has_ip_header
            else ring.column("i", NAME_BYTES + layout.control_bytes - 8)
        )
        self._sequences = ring.column("H", sequence)
        self._complements = ring.column("H", complement)

    def read(self, number: int) -> Replies | None:
        """Return the first messages, or None where one of them is anything else."""
        ring, raw = self._ring, self._sequences[:number]
        if (
            ring.control_lengths[:number] != self._control_lengths[:number]
            or ring.data_lengths[:number] != self._data_lengths[:number]
            or not self._sameness.holds(number)
            or not _are_complements(raw, self._complements[:number])
        ):
            return None
        return Replies(
            self._constant.unpack_from(ring.slots),
            [SWAPPED[sequence] for sequence in raw],
            tuple(words[:number].tolist() for words in self._senders),
            _joined(self._seconds[:number].tolist(), self._nanoseconds[:number].tolist()),
            self._hop_limits[:number].tolist(),
        )


class DepartureColumns:
    """Requests that come back with the time when they left."""

    def __init__(
        self, ring: ReceiveRing, family: int, *, control_bytes: int, message_offset: int
    ) -> None:
        """`message_offset` is where in a slot the ICMP message begins; an even number."""
        self._ring = ring
        origin, nonce = origin_offset(family), message_offset + HEADER_BYTES
        self._constant = struct.Struct(f"={origin}xB{nonce - origin - 1}x{NONCE_BYTES}s")
        self._sameness = Sameness(ring, (origin, origin + 1), (nonce, nonce + NONCE_BYTES))
        self._control_lengths = memoryview(array("Q", [control_bytes]) * ring.count)
        self._seconds = ring.column("q", _STAMP_OFFSET)
        self._nanoseconds = ring.column("q", _STAMP_OFFSET + 8)
        self._sequences = ring.column("H", message_offset + SEQUENCE_OFFSET)

    def read(self, number: int) -> Run | None:
        """Return the first messages, or None where they are anything but a run."""
        ring = self._ring
        origin, nonce = self._constant.unpack_from(ring.slots)
        first = SWAPPED[self._sequences[0]]
        if (
            origin != ORIGIN_DEPARTURE
            or ring.control_lengths[:number] != self._control_lengths[:number]
            or self._sequences[:number] != SEQUENCES[first : first + number]
            or not self._sameness.holds(number)
        ):
            return None
        seconds, parts = self._seconds[:number].tolist(), self._nanoseconds[:number].tolist()
        return Run(nonce, first, _joined(seconds, parts))


def _constant(family: int, payload_bytes: int) -> str:
    header = "6s2x" if family == 4 else "2s2x2s2x"  # noqa: PLR2004
    return f"{header}{NONCE_BYTES}s2x{payload_bytes - NONCE_BYTES - 2}s"


def _words(start: int, end: int) -> Iterator[tuple[Form, int]]:
    """Yield the largest words that bytes from `start` to `end` are made of, and where each is."""
    forms: tuple[Form, ...] = ("Q", "I", "H", "B")
    while start < end:
        form, size = next(
            (form, size)
            for form, size in zip(forms, (8, 4, 2, 1), strict=True)
            if start % size == 0 and start + size <= end
        )
        yield form, start
        start += size


def _are_complements(sequences: memoryview, complements: memoryview) -> bool:
    """Compare all at once, as two long numbers."""
    every_bit = (1 << 16 * len(sequences)) - 1
    return int.from_bytes(sequences, "big") ^ int.from_bytes(complements, "big") == every_bit


def _joined(seconds: list[int], parts: list[int]) -> list[int]:
    """Join both parts of `struct timespec`, in nanoseconds."""
    if seconds.count(seconds[0]) == len(seconds):  # nearly always: one multiplication for all
        whole = seconds[0] * 1_000_000_000
        return [whole + part for part in parts]
    return [whole * 1_000_000_000 + part for whole, part in zip(seconds, parts, strict=True)]

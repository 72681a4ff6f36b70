"""What a ring holds, a column at a time: cheap, where all its messages are of one kind.

Nearly always they are. Then each field of all messages is read at once, and what they must have in
common is compared at once; anything else is for those who look at one message after the other.
"""

import struct
from array import array
from typing import NamedTuple

from netwatch.net.ping.layout import SEQUENCES, SWAPPED, SlotLayout, origin_offset
from netwatch.net.ping.mmsg import DATA_OFFSET, NAME_BYTES, Form, ReceiveRing
from netwatch.wire.icmp import HEADER_BYTES, NONCE_BYTES, SEQUENCE_OFFSET

ORIGIN_DEPARTURE = 4
"""SO_EE_ORIGIN_TIMESTAMPING of linux/errqueue.h."""
_STAMP_OFFSET = NAME_BYTES + 16
"""Of the first control message's content, which is the time of the kernel."""


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


class ReplyColumns:
    """Plain echo replies."""

    def __init__(
        self, ring: ReceiveRing, layout: SlotLayout, family: int, *, payload_bytes: int
    ) -> None:
        self._ring = ring
        message = DATA_OFFSET + layout.data_bytes - HEADER_BYTES - payload_bytes
        form = f"={message}x{_constant(family, payload_bytes)}"
        self._constant = struct.Struct(f"{form}{ring.stride - struct.calcsize(form)}x")
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
        sequence = message + SEQUENCE_OFFSET
        self._sequences = ring.column("H", sequence)
        self._complements = ring.column("H", sequence + 2 + NONCE_BYTES)

    def read(self, number: int) -> Replies | None:
        """Return the first messages, or None where one of them is anything else."""
        ring = self._ring
        if (
            ring.control_lengths[:number] != self._control_lengths[:number]
            or ring.data_lengths[:number] != self._data_lengths[:number]
        ):
            return None
        constants = set(self._constant.iter_unpack(ring.slots[: number * ring.stride]))
        raw = self._sequences[:number]
        if len(constants) > 1 or not _are_complements(raw, self._complements[:number]):
            return None
        return Replies(
            constants.pop(),
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
        form = f"={origin}xB{nonce - origin - 1}x{NONCE_BYTES}s"
        self._constant = struct.Struct(f"{form}{ring.stride - struct.calcsize(form)}x")
        self._control_lengths = memoryview(array("Q", [control_bytes]) * ring.count)
        self._seconds = ring.column("q", _STAMP_OFFSET)
        self._nanoseconds = ring.column("q", _STAMP_OFFSET + 8)
        self._sequences = ring.column("H", message_offset + SEQUENCE_OFFSET)

    def read(self, number: int) -> Run | None:
        """Return the first messages, or None where they are anything but a run."""
        ring = self._ring
        if ring.control_lengths[:number] != self._control_lengths[:number]:
            return None
        constants = set(self._constant.iter_unpack(ring.slots[: number * ring.stride]))
        origin, nonce = constants.pop()
        first = SWAPPED[self._sequences[0]]
        if (
            constants
            or origin != ORIGIN_DEPARTURE
            or self._sequences[:number] != SEQUENCES[first : first + number]
        ):
            return None
        seconds, parts = self._seconds[:number].tolist(), self._nanoseconds[:number].tolist()
        return Run(nonce, first, _joined(seconds, parts))


def _constant(family: int, payload_bytes: int) -> str:
    header = "6s2x" if family == 4 else "2s2x2s2x"  # noqa: PLR2004
    return f"{header}{NONCE_BYTES}s2x{payload_bytes - NONCE_BYTES - 2}s"


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

"""Packets under one identifier and nonce, in columns indexed by their sequence number; pure."""

import itertools
import secrets
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from netwatch.model import Target
from netwatch.net.ping.columns import address_form, constant_of
from netwatch.net.ping.layout import SWAPPED, Row, message_values
from netwatch.wire.icmp import NONCE_BYTES, echo_reply, echo_request

SEQUENCES = 1 << 16
EPOCH_SECONDS = 300.0
ALL_BITS = 0xFFFF
"""What a sequence number and its complement differ in."""

# Where a packet is in its life: one byte each, so that a search for a byte finds the open ones.
REFUSED = 0  # the kernel did not take it
IN_FLIGHT = 1
RECEIVED = 2
LOST = 3
FAILED = 4
LATE = 5  # lost, and its reply came after all

IN_FLIGHT_BYTE = bytes((IN_FLIGHT,))


@dataclass(slots=True, eq=False)
class Flow:
    """One target's packets: where they go, and which of them came back last."""

    target: Target
    packed_address: bytes
    name: bytes = b""
    """The `struct sockaddr` to send to."""
    newest_received: int = -1
    """Serial number of the latest sent packet that was received; an earlier one is reordered."""
    is_gone: bool = False
    """Its target left: nothing more is settled for it."""


@dataclass(slots=True, eq=False)
class Epoch:
    """Up to 65,536 packets under one identifier and nonce."""

    first_serial: int
    """Number of its first packet among all of the channel, in the order of sending."""
    identifier: int
    nonce: bytes
    opened: float
    request: bytes
    """What is sent, but for the sequence number."""
    kind: int
    """What begins its replies, as `layout` reads it: type, code, and checksum for IPv4."""
    raw_identifier: int
    constant: tuple[bytes, ...]
    """What all its replies have in common, as `columns` reads it."""
    addresses: "array[int]"
    """Whom each packet went to, in words as `columns` reads them."""
    last_deadline: float = 0.0
    flows: list[Flow] = field(default_factory=list)
    states: bytearray = field(default_factory=bytearray)
    sent_ns: "array[int]" = field(default_factory=lambda: array("q"))

    def is_over(self, now: float, coming: int) -> bool:
        """Whether the next packets, so many, belong into another epoch."""
        return len(self.flows) + coming > SEQUENCES or now - self.opened >= EPOCH_SECONDS

    def add(self, flows: Sequence[Flow], addresses: bytes, stamp_ns: int) -> int:
        """Put a packet of each flow in flight; return the sequence number of the first."""
        first, number = len(self.flows), len(flows)
        self.flows += flows
        self.addresses.frombytes(addresses)
        self.states += IN_FLIGHT_BYTE * number
        self.sent_ns.extend(itertools.repeat(stamp_ns, number))
        return first

    def stamp_all(self, first: int, stamps_ns: Sequence[int]) -> bool:
        """Take when a run of packets left; False, and nothing done, where any is distrusted."""
        end = first + len(stamps_ns)
        if end > len(self.flows) or min(self.sent_ns[first:end]) <= 0:
            return False
        self.sent_ns[first:end] = array("q", stamps_ns)
        return True

    def is_asked(self, sequence: int, address: bytes) -> bool:
        """Whether the packet of this number was sent to this packed address."""
        return sequence < len(self.flows) and self.flows[sequence].packed_address == address

    def is_answered_by(self, row: Row, pattern: bytes) -> bool:
        """Whether a reply under our nonce repeats the request, to whom it was sent, to the bit."""
        sender, _, _, _, kind, identifier, raw, _, inverse, tail = row
        return (
            kind == self.kind
            and raw ^ inverse == ALL_BITS
            and tail == pattern
            and identifier == self.raw_identifier
            and self.is_asked(SWAPPED[raw], sender)
        )

    def is_awaited(self, sequence: int) -> bool:
        """Whether the packet of this number is in flight."""
        return sequence < len(self.flows) and self.states[sequence] == IN_FLIGHT

    def in_flight(self, first: int, end: int) -> Iterator[int]:
        """Yield the sequence numbers of packets in flight, from `first` to `end`."""
        sequence = self.states.find(IN_FLIGHT_BYTE, first, end)
        while sequence >= 0:
            yield sequence
            sequence = self.states.find(IN_FLIGHT_BYTE, sequence + 1, end)


def new_epoch(
    family: int, payload_bytes: int, identifier: int, *, first_serial: int, opened: float
) -> Epoch:
    """Return an epoch without packets, under a nonce that nobody can guess."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    request = echo_request(family, identifier, nonce, payload_bytes)
    reply = echo_reply(family, request)
    kind, raw_identifier, *_ = message_values(family, reply)
    return Epoch(
        first_serial=first_serial,
        identifier=identifier,
        nonce=nonce,
        opened=opened,
        request=request,
        kind=kind,
        raw_identifier=raw_identifier,
        constant=constant_of(family, reply),
        addresses=array(address_form(family)),
    )

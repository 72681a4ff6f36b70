"""Every packet in flight on one channel, each settled exactly once; pure: time is an argument.

A packet is sent, and then received, lost, or an error; sent = received + lost + errors holds at
every moment, because a packet in flight is in none of them. What comes after a packet settled
(late and duplicate replies) is an oddity beside it.

Packets live in *epochs*: an identifier, a nonce, and columns indexed by the sequence number, which
counts up through all targets of the channel. A full or old epoch is followed by the next; it is
kept as long as a late reply may be told from a stranger's.
"""

import itertools
import math
import secrets
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum

from netwatch.model import Batch, Oddity, Outcome, Target
from netwatch.wire.icmp import NONCE_BYTES, EchoFailure, EchoReply, EchoTemplate, nonce_of

SEQUENCES = 1 << 16
EPOCH_SECONDS = 300.0
LATE_SECONDS = 10.0
"""How long after its timeout a reply is still recognised as late."""


class Packet(IntEnum):
    """Where a packet is in its life."""

    REFUSED = 0  # the kernel did not take it, or it has not been asked yet
    IN_FLIGHT = 1
    RECEIVED = 2
    LOST = 3
    FAILED = 4
    LATE = 5  # lost, and its reply came after all


@dataclass(slots=True, eq=False)
class Flow:
    """One target's packets: where they go, and what of them is still open."""

    target: Target
    packed_address: bytes
    address: str
    size_bytes: int
    timeout_seconds: float
    in_flight: int = 0
    newest_received: int = -1
    """Serial number of the latest sent packet that was received; an earlier one is reordered."""
    is_gone: bool = False  # its target left: nothing more is settled for it


@dataclass(slots=True, eq=False)
class Epoch:
    """Up to 65,536 packets under one identifier and nonce."""

    number: int
    family: int
    identifier: int
    nonce: bytes
    opened: float
    last_deadline: float = 0.0
    flows: list[Flow] = field(default_factory=list)
    states: bytearray = field(default_factory=bytearray)
    sent_ns: "array[int]" = field(default_factory=lambda: array("q"))
    templates: dict[int, EchoTemplate] = field(default_factory=dict)

    def template(self, size_bytes: int) -> EchoTemplate:
        """Return the requests of this payload size."""
        template = self.templates.get(size_bytes)
        if template is None:
            template = EchoTemplate(self.family, self.identifier, self.nonce, size_bytes)
            self.templates[size_bytes] = template
        return template

    def is_over(self, now: float) -> bool:
        """Whether the next packet belongs into another epoch."""
        return len(self.flows) == SEQUENCES or now - self.opened >= EPOCH_SECONDS


class Ledger:
    """Settles packets into `batch`; take it away with `take_batch`.

    `now` is always monotonic seconds; stamps are CLOCK_REALTIME in nanoseconds.
    """

    def __init__(self, family: int, choose_identifier: Callable[[], int]) -> None:
        """`choose_identifier` is asked for the identifier of each new epoch."""
        self._family = family
        self._choose_identifier = choose_identifier
        self._numbers = itertools.count()
        self._epochs: list[Epoch] = []
        self._by_nonce: dict[bytes, Epoch] = {}
        self._deadlines: dict[float, deque[tuple[float, Epoch, int]]] = {}
        self._suspect_serial = -1
        self._batch = Batch()
        self.in_flight = 0
        self.foreign = 0
        """Replies that reached our socket and are not ours."""

    @property
    def identifiers(self) -> list[int]:
        """The identifiers under which a reply may still come."""
        return [epoch.identifier for epoch in self._epochs]

    def take_batch(self) -> Batch:
        """Return what settled since the last call."""
        batch, self._batch = self._batch, Batch()
        return batch

    # Sending

    def needs_epoch(self, now: float) -> bool:
        """Whether `open_epoch` must be called before the next `prepare`."""
        return not self._epochs or self._epochs[-1].is_over(now)

    def open_epoch(self, now: float) -> None:
        """Begin a new identifier and nonce, and forget the epochs that can have no late reply."""
        self._epochs = [e for e in self._epochs if now < e.last_deadline + LATE_SECONDS]
        identifier, nonce = self._choose_identifier(), secrets.token_bytes(NONCE_BYTES)
        epoch = Epoch(next(self._numbers), self._family, identifier, nonce, opened=now)
        self._epochs.append(epoch)
        self._by_nonce = {epoch.nonce: epoch for epoch in self._epochs}

    def prepare(self, flow: Flow) -> bytes:
        """Return the next request of `flow`; `accept` or `refuse` must follow."""
        epoch = self._epochs[-1]
        sequence = len(epoch.flows)
        epoch.flows.append(flow)
        epoch.states.append(Packet.REFUSED)
        epoch.sent_ns.append(0)
        return epoch.template(flow.size_bytes).request(sequence)

    def accept(self, now: float, stamp_ns: int) -> None:
        """Put the prepared packet in flight: the kernel took it. `now` is after the send."""
        epoch = self._epochs[-1]
        sequence = len(epoch.flows) - 1
        flow = epoch.flows[sequence]
        epoch.states[sequence] = Packet.IN_FLIGHT
        epoch.sent_ns[sequence] = stamp_ns
        flow.in_flight += 1
        self.in_flight += 1
        deadline = now + flow.timeout_seconds
        epoch.last_deadline = max(epoch.last_deadline, deadline)
        queue = self._deadlines.setdefault(flow.timeout_seconds, deque())
        queue.append((deadline, epoch, sequence))

    def refuse(self, flow: Flow, outcome: Outcome, detail: str, stamp_ns: int) -> None:
        """Settle a packet that the kernel did not take: unsent, and outside the equation."""
        if not flow.is_gone:
            self._batch.add(flow.target, stamp_ns / 1e9, outcome, detail=detail, accepted=False)

    # Receiving

    def reply(self, reply: EchoReply, sender: str, stamp_ns: int, *, with_checksum: bool) -> None:
        """Settle the packet that `reply` answers, or count it as an oddity or as foreign."""
        epoch = self._by_nonce.get(nonce_of(reply))
        if epoch is None or reply.sequence >= len(epoch.flows):
            self._count_strange(reply, sender)
            return
        sequence = reply.sequence
        flow = epoch.flows[sequence]
        if sender != flow.address:
            self.foreign += 1
        elif not epoch.template(flow.size_bytes).is_answered_by(reply, with_checksum=with_checksum):
            self._note(flow, Oddity.CORRUPT)
        else:
            self._answered(epoch, flow, reply, stamp_ns)

    def fail(self, failure: EchoFailure, outcome: Outcome, detail: str) -> None:
        """Settle the packet that an ICMP error is about, if it is one of ours in flight."""
        found = self._find(failure.identifier, failure.sequence)
        if found is None:
            return
        epoch, flow = found
        if flow.packed_address == failure.destination:
            epoch.states[failure.sequence] = Packet.FAILED
            self._settle(flow, outcome, epoch.sent_ns[failure.sequence], detail=detail)

    def expire(self, now: float) -> None:
        """Settle what is unanswered past its deadline. Receive all that waits first."""
        for queue in self._deadlines.values():
            while queue and queue[0][0] <= now:
                _, epoch, sequence = queue.popleft()
                if epoch.states[sequence] == Packet.IN_FLIGHT:
                    self._give_up(epoch, sequence)

    def next_deadline(self) -> float:
        """Return when `expire` has something to do; infinity if nothing is in flight."""
        for queue in self._deadlines.values():
            while queue and queue[0][1].states[queue[0][2]] != Packet.IN_FLIGHT:
                queue.popleft()
        return min((queue[0][0] for queue in self._deadlines.values() if queue), default=math.inf)

    # What befalls many packets at once

    def suspect(self) -> None:
        """Our socket overflowed: what is in flight now, and stays unanswered, is our own fault."""
        if self._epochs:
            self._suspect_serial = _serial(self._epochs[-1], len(self._epochs[-1].flows) - 1)

    def distrust_stamps(self) -> None:
        """The wall clock stepped: what is in flight now will be received without a duration."""
        for epoch, sequence in self._in_flight():
            epoch.sent_ns[sequence] = -abs(epoch.sent_ns[sequence])

    # Inside

    def _answered(self, epoch: Epoch, flow: Flow, reply: EchoReply, stamp_ns: int) -> None:
        sequence = reply.sequence
        state = epoch.states[sequence]
        if state == Packet.IN_FLIGHT:
            self._receive(epoch, flow, reply, stamp_ns)
        elif state == Packet.LOST:
            epoch.states[sequence] = Packet.LATE
            self._note(flow, Oddity.LATE)
        elif state in {Packet.RECEIVED, Packet.LATE}:
            self._note(flow, Oddity.DUPLICATE)

    def _receive(self, epoch: Epoch, flow: Flow, reply: EchoReply, stamp_ns: int) -> None:
        sequence, sent_ns = reply.sequence, epoch.sent_ns[reply.sequence]
        seconds = (stamp_ns - sent_ns) / 1e9 if sent_ns > 0 and stamp_ns else math.nan
        if seconds > flow.timeout_seconds:  # it was late, only we have not looked before
            epoch.states[sequence] = Packet.LATE
            self._settle(flow, Outcome.TIMEOUT, sent_ns)
            self._note(flow, Oddity.LATE)
            return
        epoch.states[sequence] = Packet.RECEIVED
        serial = _serial(epoch, sequence)
        if serial < flow.newest_received:
            self._note(flow, Oddity.REORDERED)
        flow.newest_received = max(serial, flow.newest_received)
        duration = seconds if seconds >= 0 else math.nan
        self._settle(flow, Outcome.OK, sent_ns, duration=duration, hop_limit=reply.hop_limit)

    def _give_up(self, epoch: Epoch, sequence: int) -> None:
        flow, sent_ns = epoch.flows[sequence], epoch.sent_ns[sequence]
        if _serial(epoch, sequence) <= self._suspect_serial:
            epoch.states[sequence] = Packet.FAILED
            detail = "our socket dropped replies for want of room"
            self._settle(flow, Outcome.LOCAL, sent_ns, detail=detail)
        else:
            epoch.states[sequence] = Packet.LOST
            self._settle(flow, Outcome.TIMEOUT, sent_ns)

    def _settle(
        self,
        flow: Flow,
        outcome: Outcome,
        sent_ns: int,
        *,
        duration: float = math.nan,
        hop_limit: int = 0,
        detail: str = "",
    ) -> None:
        flow.in_flight -= 1
        self.in_flight -= 1
        if not flow.is_gone:
            started = abs(sent_ns) / 1e9
            self._batch.add(
                flow.target, started, outcome, duration=duration, hop_limit=hop_limit, detail=detail
            )

    def _note(self, flow: Flow, oddity: Oddity) -> None:
        if not flow.is_gone:
            self._batch.oddities.append((flow.target, oddity))

    def _count_strange(self, reply: EchoReply, sender: str) -> None:
        """Judge a reply without our nonce: one of ours that was damaged there, or a stranger's."""
        found = self._find(reply.identifier, reply.sequence)
        if found is not None and found[1].address == sender:
            self._note(found[1], Oddity.CORRUPT)
        else:
            self.foreign += 1

    def _find(self, identifier: int, sequence: int) -> tuple[Epoch, Flow] | None:
        """Return where the packet in flight with these numbers is, if there is one."""
        for epoch in reversed(self._epochs):
            if (
                epoch.identifier == identifier
                and sequence < len(epoch.flows)
                and epoch.states[sequence] == Packet.IN_FLIGHT
            ):
                return epoch, epoch.flows[sequence]
        return None

    def _in_flight(self) -> Iterator[tuple[Epoch, int]]:
        for queue in self._deadlines.values():
            for _, epoch, sequence in queue:
                if epoch.states[sequence] == Packet.IN_FLIGHT:
                    yield epoch, sequence


def _serial(epoch: Epoch, sequence: int) -> int:
    """Return the number of a packet among all of its channel, in the order of sending."""
    return epoch.number * SEQUENCES + sequence

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
from collections import deque
from collections.abc import Callable, Iterable

from netwatch.model import Batch, Oddity, Outcome
from netwatch.net.ping.columns import Replies, Run
from netwatch.net.ping.epoch import (
    FAILED,
    IN_FLIGHT,
    IN_FLIGHT_BYTE,
    LATE,
    LOST,
    RECEIVED,
    REFUSED,
    SEQUENCES,
    Epoch,
    new_epoch,
)
from netwatch.net.ping.layout import SWAPPED, Row
from netwatch.net.ping.plain import plain_answers
from netwatch.net.ping.volley import Volley
from netwatch.wire.icmp import EchoFailure, EchoReply, echo_pattern

LATE_SECONDS = 10.0
"""How long after its timeout a reply is still recognised as late."""


class Ledger:
    """Settles packets of one size and timeout into batches.

    `now` is always monotonic seconds; stamps are CLOCK_REALTIME in nanoseconds.
    """

    def __init__(
        self,
        family: int,
        payload_bytes: int,
        timeout_seconds: float,
        choose_identifier: Callable[[], int],
    ) -> None:
        """`choose_identifier` is asked for the identifier of each new epoch."""
        self._family = family
        self._payload_bytes = payload_bytes
        self._timeout_seconds = timeout_seconds
        self._choose_identifier = choose_identifier
        self._pattern = echo_pattern(payload_bytes)
        self._numbers = itertools.count()
        self._epochs: list[Epoch] = []
        self._by_nonce: dict[bytes, Epoch] = {}
        self._deadlines: deque[tuple[float, Epoch, int, int]] = deque()
        self._suspect_serial = -1
        self._batch = Batch()
        self.in_flight = 0
        self.foreign = 0
        """Replies that reached our socket and are not ours."""

    @property
    def identifiers(self) -> list[int]:
        """The identifiers under which a reply may still come."""
        return [epoch.identifier for epoch in self._epochs]

    @property
    def nonces(self) -> frozenset[bytes]:
        """The nonces under which a reply may still come."""
        return frozenset(self._by_nonce)

    def take_batch(self) -> Batch:
        """Return what settled since the last call."""
        batch, self._batch = self._batch, Batch()
        return batch

    # Sending

    def needs_epoch(self, now: float, coming: int) -> bool:
        """Whether `open_epoch` must be called before so many packets are sent."""
        return not self._epochs or self._epochs[-1].is_over(now, coming)

    def open_epoch(self, now: float) -> Epoch:
        """Begin a new identifier and nonce, and return what `send` adds packets to.

        Epochs that can have no late reply are forgotten.
        """
        self._epochs = [e for e in self._epochs if now < e.last_deadline + LATE_SECONDS]
        epoch = new_epoch(
            self._family,
            self._payload_bytes,
            self._choose_identifier(),
            first_serial=next(self._numbers) * SEQUENCES,
            opened=now,
        )
        self._epochs.append(epoch)
        self._by_nonce = {epoch.nonce: epoch for epoch in self._epochs}
        return epoch

    def send(self, volley: Volley, now: float, stamp_ns: int) -> int:
        """Put its packets in flight; return the sequence number of the first.

        `stamp_ns` is when, until `stamp` knows better; `refuse` those that the kernel refuses.
        """
        epoch, number = self._epochs[-1], len(volley)
        first = epoch.add(volley.flows, volley.addresses, stamp_ns)
        self.in_flight += number
        epoch.last_deadline = now + self._timeout_seconds
        self._deadlines.append((epoch.last_deadline, epoch, first, first + number))
        return first

    def refuse(self, sequence: int, outcome: Outcome, detail: str) -> None:
        """Settle a packet that the kernel did not take: unsent, and outside the equation."""
        epoch = self._epochs[-1]
        epoch.states[sequence] = REFUSED
        self._settle(epoch, sequence, outcome, detail=detail, accepted=False)

    def stamp(self, departures: Iterable[tuple[int, int, int, int, bytes]]) -> None:
        """Take the kernel's word for when requests left; see `departures.Departure`."""
        for seconds, nanoseconds, _, raw, nonce in departures:
            epoch = self._by_nonce[nonce]
            sequence = SWAPPED[raw]
            if sequence < len(epoch.flows) and epoch.sent_ns[sequence] > 0:
                epoch.sent_ns[sequence] = seconds * 1_000_000_000 + nanoseconds

    def stamp_run(self, run: Run) -> bool:
        """Do the same for a run; False where it must be done one by one."""
        epoch = self._by_nonce.get(run.nonce)
        return epoch is not None and epoch.stamp_all(run.first, run.stamps_ns)

    # Receiving

    def receive_all(self, replies: Replies) -> bool:
        """Settle the packets that these replies answer, if there is nothing to remark about any.

        Otherwise do nothing, and return False.
        """
        epoch = self._by_nonce.get(replies.constant[-2])
        if epoch is None:
            return False
        answers = plain_answers(epoch, replies, round(self._timeout_seconds * 1e9))
        if answers is None:
            return False
        batch, sequences = self._batch, replies.sequences
        states, first = epoch.states, epoch.first_serial
        for flow, sequence in zip(answers.flows, sequences, strict=True):
            states[sequence] = RECEIVED
            flow.newest_received = first + sequence
        number = len(sequences)
        self.in_flight -= number
        batch.add_received(
            [flow.target for flow in answers.flows],
            [sent_ns / 1e9 for sent_ns in answers.sent_ns],
            [took_ns / 1e9 for took_ns in answers.took_ns],
            replies.hop_limits,
        )
        return True

    def receive(self, rows: Iterable[Row]) -> None:
        """Settle the packets that these replies answer, or count oddities and strangers."""
        for row in rows:
            sender, seconds, nanoseconds, hop_limit, _, identifier, raw, nonce, _, _ = row
            epoch, sequence = self._by_nonce.get(nonce), SWAPPED[raw]
            if epoch is None or not epoch.is_answered_by(row, self._pattern):
                self._judge_strange(epoch, SWAPPED[identifier], sequence, sender)
            elif epoch.states[sequence] == IN_FLIGHT:
                stamp_ns = seconds * 1_000_000_000 + nanoseconds
                self._receive(epoch, sequence, stamp_ns, hop_limit)
            else:
                self._receive_again(epoch, sequence)

    def receive_damaged(self, reply: EchoReply, sender: bytes) -> None:
        """Count a reply that is too short to have been asked for."""
        self._judge_strange(None, reply.identifier, reply.sequence, sender)

    def fail(self, failure: EchoFailure, outcome: Outcome, detail: str) -> None:
        """Settle the packet that an ICMP error is about, if it is one of ours in flight."""
        epoch = self._find(failure.identifier, failure.sequence)
        if epoch and epoch.flows[failure.sequence].packed_address == failure.destination:
            epoch.states[failure.sequence] = FAILED
            self._settle(epoch, failure.sequence, outcome, detail=detail)

    def expire(self, now: float) -> None:
        """Settle what is unanswered past its deadline. Receive all that waits first."""
        while self._deadlines and self._deadlines[0][0] <= now:
            _, epoch, first, end = self._deadlines.popleft()
            for sequence in epoch.in_flight(first, end):
                self._give_up(epoch, sequence)

    def next_deadline(self) -> float:
        """Return when `expire` has something to do; infinity if nothing is in flight."""
        while self._deadlines:
            deadline, epoch, first, end = self._deadlines[0]
            if epoch.states.find(IN_FLIGHT_BYTE, first, end) >= 0:
                return deadline
            self._deadlines.popleft()
        return math.inf

    # What befalls many packets at once

    def suspect(self) -> None:
        """Our socket overflowed: what is in flight now, and stays unanswered, is our own fault."""
        if self._epochs:
            epoch = self._epochs[-1]
            self._suspect_serial = epoch.first_serial + len(epoch.flows) - 1

    def distrust_stamps(self) -> None:
        """The wall clock stepped: what is in flight now will be received without a duration."""
        for _, epoch, first, end in self._deadlines:
            for sequence in epoch.in_flight(first, end):
                epoch.sent_ns[sequence] = -abs(epoch.sent_ns[sequence])

    # Inside

    def _receive(self, epoch: Epoch, sequence: int, stamp_ns: int, hop_limit: int) -> None:
        sent_ns = epoch.sent_ns[sequence]
        duration = (stamp_ns - sent_ns) / 1e9 if sent_ns > 0 and stamp_ns else math.nan
        if duration > self._timeout_seconds:  # it was late, only we have not looked before
            epoch.states[sequence] = LATE
            self._settle(epoch, sequence, Outcome.TIMEOUT)
            self._note(epoch, sequence, Oddity.LATE)
            return
        epoch.states[sequence] = RECEIVED
        flow, serial = epoch.flows[sequence], epoch.first_serial + sequence
        if serial < flow.newest_received:
            self._note(epoch, sequence, Oddity.REORDERED)
        else:
            flow.newest_received = serial
        if duration < 0:
            duration = math.nan
        self.in_flight -= 1
        if not flow.is_gone:
            self._batch.add_received([flow.target], [abs(sent_ns) / 1e9], [duration], [hop_limit])

    def _receive_again(self, epoch: Epoch, sequence: int) -> None:
        state = epoch.states[sequence]
        if state == LOST:
            epoch.states[sequence] = LATE
            self._note(epoch, sequence, Oddity.LATE)
        elif state in {RECEIVED, LATE}:
            self._note(epoch, sequence, Oddity.DUPLICATE)

    def _give_up(self, epoch: Epoch, sequence: int) -> None:
        if epoch.first_serial + sequence <= self._suspect_serial:
            epoch.states[sequence] = FAILED
            detail = "our socket dropped replies for want of room"
            self._settle(epoch, sequence, Outcome.LOCAL, detail=detail)
        else:
            epoch.states[sequence] = LOST
            self._settle(epoch, sequence, Outcome.TIMEOUT)

    def _settle(
        self,
        epoch: Epoch,
        sequence: int,
        outcome: Outcome,
        *,
        detail: str = "",
        accepted: bool = True,
    ) -> None:
        flow = epoch.flows[sequence]
        self.in_flight -= 1
        if flow.is_gone:
            return
        started = abs(epoch.sent_ns[sequence]) / 1e9
        self._batch.add(flow.target, started, outcome, detail=detail, accepted=accepted)

    def _note(self, epoch: Epoch, sequence: int, oddity: Oddity) -> None:
        flow = epoch.flows[sequence]
        if not flow.is_gone:
            self._batch.oddities.append((flow.target, oddity))

    def _judge_strange(
        self, epoch: Epoch | None, identifier: int, sequence: int, sender: bytes
    ) -> None:
        """Judge a reply that is not just what was asked for: ours and damaged, or a stranger's."""
        found = epoch or self._find(identifier, sequence)
        if found is not None and found.is_asked(sequence, sender):
            self._note(found, sequence, Oddity.CORRUPT)
        else:
            self.foreign += 1

    def _find(self, identifier: int, sequence: int) -> Epoch | None:
        """Return the epoch in which a packet with these numbers is in flight."""
        for epoch in reversed(self._epochs):
            if epoch.identifier == identifier and epoch.is_awaited(sequence):
                return epoch
        return None

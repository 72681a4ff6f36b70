import itertools
import math
import struct
from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from netwatch.model import Batch, Oddity, Outcome
from netwatch.net.ping.epoch import EPOCH_SECONDS, SEQUENCES, Flow
from netwatch.net.ping.layout import message_values
from netwatch.net.ping.ledger import LATE_SECONDS, Ledger
from netwatch.net.ping.volley import Volley
from netwatch.wire.icmp import EchoFailure, EchoReply, echo_reply, echo_request
from tests.nouns import a_target
from tests.wire.icmp_packets import numbered, reply_to

ADDRESS, OTHER_ADDRESS = "10.0.0.7", "10.0.0.8"
PACKED, OTHER_PACKED = bytes([10, 0, 0, 7]), bytes([10, 0, 0, 8])
FAMILY, PAYLOAD_BYTES = 4, 16
START_NS = 1_000_000_000_000
MS = 1_000_000


def a_flow(address: str = ADDRESS, packed: bytes = PACKED) -> Flow:
    return Flow(a_target(address, address), packed)


@dataclass
class Sent:
    """A request on its way, and what may come back for it."""

    flow: Flow
    request: bytes
    stamp_ns: int

    @property
    def sequence(self) -> int:
        (sequence,) = struct.unpack_from("!H", self.request, 6)
        return int(sequence)

    @property
    def nonce(self) -> bytes:
        return self.request[8:16]

    @property
    def reply(self) -> bytes:
        return reply_to(self.request, FAMILY)

    def failure(self, destination: bytes = b"") -> EchoFailure:
        identifier, sequence = struct.unpack_from("!HH", self.request, 4)
        return EchoFailure(3, 1, identifier, sequence, destination or self.flow.packed_address, 0)


@dataclass
class Rig:
    """A ledger on clocks that are turned by hand; `now` and the wall clock go together."""

    timeout_seconds: float = 1.0
    payload_bytes: int = PAYLOAD_BYTES
    now: float = 100.0
    wall_ns: int = START_NS
    identifiers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.ledger = Ledger(
            FAMILY, self.payload_bytes, self.timeout_seconds, lambda: next(self.identifiers)
        )

    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.wall_ns += round(seconds * 1e9)

    def send_all(self, *flows: Flow) -> list[Sent]:
        """Send a batch."""
        if self.ledger.needs_epoch(self.now, len(flows)):
            self.epoch = self.ledger.open_epoch(self.now)
        first = self.ledger.send(Volley.of(flows), self.now, self.wall_ns)
        return [
            Sent(flow, numbered(self.epoch.request, first + index), self.wall_ns)
            for index, flow in enumerate(flows)
        ]

    def send(self, flow: Flow) -> Sent:
        return self.send_all(flow)[0]

    def refuse(self, sent: Sent, detail: str = "") -> None:
        self.ledger.refuse(sent.sequence, Outcome.BLOCKED, detail)

    def stamp(self, sent: Sent, stamp_ns: int) -> None:
        """Tell when the request left, as the kernel does."""
        (raw,) = struct.unpack_from("=H", sent.request, 6)
        self.ledger.stamp([(*divmod(stamp_ns, 10**9), 4, raw, sent.nonce)])

    def answer(
        self,
        sent: Sent,
        *,
        sender: bytes = b"",
        stamp_ns: int | None = None,
        message: bytes = b"",
    ) -> None:
        """Answer honestly, but for what is given here."""
        stamp = divmod(self.wall_ns if stamp_ns is None else stamp_ns, 10**9)
        values = message_values(FAMILY, message or sent.reply)
        self.ledger.receive([(sender or sent.flow.packed_address, *stamp, 64, *values)])

    def expire(self) -> Batch:
        self.ledger.expire(self.now)
        return self.ledger.take_batch()


@pytest.fixture
def rig() -> Rig:
    return Rig()


def outcomes(batch: Batch) -> list[Outcome]:
    return batch.outcomes


def oddities(batch: Batch) -> list[Oddity]:
    return [oddity for _, oddity in batch.oddities]


def damaged(message: bytes, position: int) -> bytes:
    return message[:position] + bytes([message[position] ^ 1]) + message[position + 1 :]


# The life of a packet


def test_an_answered_packet_is_received_once_with_its_duration(rig: Rig) -> None:
    sent = rig.send(flow := a_flow())
    assert not rig.ledger.take_batch()  # in flight: in none of the counters
    assert rig.ledger.in_flight == 1
    rig.wait(0.25)
    rig.answer(sent)
    batch = rig.ledger.take_batch()
    assert (batch.targets, batch.outcomes, batch.accepted) == ([flow.target], [Outcome.OK], [True])
    assert batch.durations == [pytest.approx(0.25)]
    assert (batch.started, batch.hop_limits) == ([START_NS / 1e9], [64])
    assert rig.ledger.in_flight == 0
    rig.wait(100)
    assert not rig.expire()


def test_an_unanswered_packet_is_lost_at_its_deadline_and_not_before() -> None:
    rig = Rig(timeout_seconds=2.0)
    rig.send(flow := a_flow())
    assert rig.ledger.next_deadline() == rig.now + 2.0
    rig.wait(1.999)
    assert not rig.expire()
    rig.wait(0.001)
    batch = rig.expire()
    assert (batch.targets, batch.outcomes) == ([flow.target], [Outcome.TIMEOUT])
    assert math.isnan(batch.durations[0])
    assert (rig.ledger.in_flight, rig.ledger.next_deadline()) == (0, math.inf)


def test_packets_of_a_batch_settle_each_by_itself(rig: Rig) -> None:
    flows = [a_flow(), a_flow(OTHER_ADDRESS, OTHER_PACKED), a_flow(), a_flow()]
    first, second, third, fourth = rig.send_all(*flows)
    assert [sent.sequence for sent in (first, second, third, fourth)] == [0, 1, 2, 3]
    rig.refuse(third)
    rig.answer(second)
    rig.ledger.fail(first.failure(), Outcome.REFUSED, "")
    rig.wait(1)
    batch = rig.expire()
    assert batch.targets == [flows[index].target for index in (2, 1, 0, 3)]
    assert batch.accepted == [False, True, True, True]
    assert batch.outcomes == [Outcome.BLOCKED, Outcome.OK, Outcome.REFUSED, Outcome.TIMEOUT]
    assert rig.ledger.in_flight == 0


def test_the_next_deadline_is_that_of_a_packet_in_flight(rig: Rig) -> None:
    flow = a_flow()
    first = rig.send(flow)
    rig.wait(0.1)
    rig.send(flow)
    rig.answer(first)
    assert rig.ledger.next_deadline() == rig.now + 1.0


def test_a_refused_packet_is_unsent_and_never_in_flight(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.refuse(sent, "a firewall")
    batch = rig.ledger.take_batch()
    assert (batch.outcomes, batch.accepted, batch.details) == (
        [Outcome.BLOCKED],
        [False],
        {0: "a firewall"},
    )
    assert rig.ledger.in_flight == 0
    assert rig.ledger.next_deadline() == math.inf
    rig.answer(sent)  # from a liar: it never left
    rig.ledger.fail(sent.failure(), Outcome.REFUSED, "")
    rig.wait(100)
    assert not rig.expire()


def test_an_icmp_error_about_it_fails_a_packet_once(rig: Rig) -> None:
    sent = rig.send(flow := a_flow())
    rig.ledger.fail(sent.failure(), Outcome.UNREACHABLE, "no route to host")
    rig.ledger.fail(sent.failure(), Outcome.UNREACHABLE, "no route to host")
    rig.wait(100)
    batch = rig.expire()
    assert (batch.targets, batch.outcomes) == ([flow.target], [Outcome.UNREACHABLE])
    assert (batch.details, batch.accepted) == ({0: "no route to host"}, [True])


@pytest.mark.parametrize(
    "changes",
    [{"destination": OTHER_PACKED}, {"identifier": 999}, {"sequence": 1}, {"sequence": 0xFFFF}],
    ids=str,
)
def test_an_icmp_error_about_something_else_fails_nothing(
    rig: Rig, changes: dict[str, object]
) -> None:
    sent = rig.send(a_flow())
    failure = sent.failure()._replace(**changes)  # type: ignore[arg-type]  # by keyword
    rig.ledger.fail(failure, Outcome.REFUSED, "")
    assert not rig.ledger.take_batch()
    rig.answer(sent)
    assert outcomes(rig.ledger.take_batch()) == [Outcome.OK]


def test_a_packet_of_a_target_that_left_settles_without_a_word(rig: Rig) -> None:
    flow = a_flow()
    answered, failed, _ = rig.send(flow), rig.send(flow), rig.send(flow)
    refused = rig.send(flow)
    flow.is_gone = True
    rig.refuse(refused)
    rig.answer(answered)
    rig.answer(answered)
    rig.ledger.fail(failed.failure(), Outcome.REFUSED, "")
    rig.wait(1)
    assert not rig.expire()
    assert rig.ledger.in_flight == 0


# Late


def test_a_reply_after_the_timeout_is_late_once_and_its_packet_stays_lost(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.wait(1.5)
    assert outcomes(rig.expire()) == [Outcome.TIMEOUT]
    rig.answer(sent)
    rig.answer(sent)
    batch = rig.ledger.take_batch()
    assert not batch.targets
    assert oddities(batch) == [Oddity.LATE, Oddity.DUPLICATE]


def test_a_reply_later_than_the_timeout_is_lost_and_late_though_nobody_looked_before(
    rig: Rig,
) -> None:
    sent = rig.send(a_flow())
    rig.wait(5)
    rig.answer(sent, stamp_ns=START_NS + 1001 * MS)
    batch = rig.expire()
    assert (batch.outcomes, oddities(batch)) == ([Outcome.TIMEOUT], [Oddity.LATE])
    assert math.isnan(batch.durations[0])


def test_a_reply_in_time_is_received_however_late_it_is_read(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.wait(5)
    rig.answer(sent, stamp_ns=START_NS + 999 * MS)
    batch = rig.expire()
    assert (batch.outcomes, batch.oddities) == ([Outcome.OK], [])
    assert batch.durations == [pytest.approx(0.999)]


# Who answered


def test_a_second_reply_is_a_duplicate(rig: Rig) -> None:
    sent = rig.send(flow := a_flow())
    for _ in range(3):
        rig.answer(sent)
    batch = rig.ledger.take_batch()
    assert batch.outcomes == [Outcome.OK]
    assert batch.oddities == [(flow.target, Oddity.DUPLICATE)] * 2


def test_the_first_reply_to_a_packet_that_failed_is_no_duplicate(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.ledger.suspect()
    rig.wait(1)
    assert outcomes(rig.expire()) == [Outcome.LOCAL]
    rig.answer(sent)
    assert not rig.ledger.take_batch()


def test_a_reply_from_another_address_is_foreign_and_settles_nothing(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.answer(sent, sender=OTHER_PACKED)
    assert not rig.ledger.take_batch()
    assert (rig.ledger.foreign, rig.ledger.in_flight) == (1, 1)


def test_a_reply_with_another_nonce_from_another_address_is_foreign(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.answer(sent, sender=OTHER_PACKED, message=damaged(sent.reply, 8))
    assert not rig.ledger.take_batch()
    assert rig.ledger.foreign == 1


@pytest.mark.parametrize(
    "position", [2, 5, 8, 15, 16, 23], ids=["checksum", "identifier", *["nonce"] * 2, "copy", "end"]
)
def test_a_damaged_reply_is_corrupt_and_settles_nothing(rig: Rig, position: int) -> None:
    sent = rig.send(flow := a_flow())
    rig.answer(sent, message=damaged(sent.reply, position))
    batch = rig.ledger.take_batch()
    assert (batch.targets, batch.oddities) == ([], [(flow.target, Oddity.CORRUPT)])
    assert rig.ledger.foreign == 0
    rig.wait(1)
    assert outcomes(rig.expire()) == [Outcome.TIMEOUT]


@pytest.mark.parametrize("length", range(24, 40))
def test_a_reply_of_another_length_is_corrupt_and_settles_nothing(length: int) -> None:
    rig = Rig(payload_bytes=24)
    sent = rig.send(flow := a_flow())
    rig.answer(sent, message=(sent.reply + bytes(8))[:length])
    batch = rig.ledger.take_batch()
    expected = ([Outcome.OK], []) if length == 32 else ([], [(flow.target, Oddity.CORRUPT)])
    assert (batch.outcomes, batch.oddities) == expected


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from((4, 6)),
    st.integers(0, 0xFFFF),
    st.integers(0, 300),
)
def test_a_reply_with_any_one_bit_flipped_settles_nothing(
    family: int, identifier: int, number: int
) -> None:
    ledger = Ledger(family, PAYLOAD_BYTES, 1.0, lambda: identifier)
    flow = a_flow(packed=bytes(family * 4 - 12) + PACKED if family == 6 else PACKED)
    epoch = ledger.open_epoch(100.0)
    ledger.send(Volley.of([flow] * (number + 1)), 100.0, START_NS)
    good = numbered(echo_reply(family, epoch.request), number)
    for bit in range(len(good) * 8):
        if family == 6 and bit // 8 in {2, 3}:
            continue  # the kernel judges the checksum of ICMPv6, and takes it away
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        ledger.receive([(flow.packed_address, 1000, 0, 64, *message_values(family, bytes(bad)))])
        assert not ledger.take_batch().targets, bit
    ledger.receive([(flow.packed_address, 1000, 0, 64, *message_values(family, good))])
    assert ledger.take_batch().outcomes == [Outcome.OK]


def test_a_reply_of_a_sequence_that_was_never_sent_is_foreign(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.answer(sent, message=numbered(sent.reply, 5))
    assert not rig.ledger.take_batch()
    assert rig.ledger.foreign == 1


@pytest.mark.parametrize("message", [b"\0\0\0\0\0\1\0\0", b"\0" * 12])
def test_a_reply_without_room_for_a_nonce_is_corrupt_only_from_who_was_asked(
    rig: Rig, message: bytes
) -> None:
    rig.send(flow := a_flow())
    rig.ledger.receive_damaged(EchoReply(77, 0, 64, message), PACKED)
    rig.ledger.receive_damaged(EchoReply(1, 1, 64, message), PACKED)
    rig.ledger.receive_damaged(EchoReply(1, 0, 64, message), OTHER_PACKED)
    assert not rig.ledger.take_batch()
    assert rig.ledger.foreign == 3
    rig.ledger.receive_damaged(EchoReply(1, 0, 64, message), PACKED)
    assert rig.ledger.take_batch().oddities == [(flow.target, Oddity.CORRUPT)]
    assert (rig.ledger.foreign, rig.ledger.in_flight) == (3, 1)


def test_nothing_that_comes_before_anything_was_sent_is_ours(rig: Rig) -> None:
    request = echo_request(FAMILY, 1, b"8 bytes.", PAYLOAD_BYTES)
    rig.answer(Sent(a_flow(), request, START_NS))
    rig.ledger.fail(EchoFailure(3, 1, 1, 0, PACKED, 0), Outcome.REFUSED, "")
    assert not rig.ledger.take_batch()
    assert rig.ledger.foreign == 1


# In which order


def test_a_reply_that_another_overtook_is_reordered(rig: Rig) -> None:
    flow = a_flow()
    first, second, third = (rig.send(flow) for _ in range(3))
    for sent in (third, first, second):
        rig.answer(sent)
    batch = rig.ledger.take_batch()
    assert batch.outcomes == [Outcome.OK] * 3
    assert oddities(batch) == [Oddity.REORDERED] * 2


def test_the_order_of_replies_of_different_targets_means_nothing(rig: Rig) -> None:
    first, second = rig.send(a_flow()), rig.send(a_flow())
    rig.answer(second)
    rig.answer(first)
    assert not rig.ledger.take_batch().oddities


def test_order_is_judged_across_epochs() -> None:
    rig = Rig(timeout_seconds=2 * EPOCH_SECONDS)
    flow = a_flow()
    old = rig.send(flow)
    rig.wait(EPOCH_SECONDS)
    new = rig.send(flow)
    rig.answer(new)
    rig.answer(old)
    batch = rig.ledger.take_batch()
    assert (batch.outcomes, oddities(batch)) == ([Outcome.OK] * 2, [Oddity.REORDERED])


# Time stamps


def test_a_round_trip_begins_when_the_kernel_says_that_the_request_left(rig: Rig) -> None:
    flow = a_flow()
    first, second = rig.send_all(flow, flow)
    rig.stamp(second, START_NS + 20 * MS)
    rig.wait(0.05)
    rig.answer(first)
    rig.answer(second)
    batch = rig.ledger.take_batch()
    assert batch.durations == [pytest.approx(0.05), pytest.approx(0.03)]
    assert batch.started == [START_NS / 1e9, (START_NS + 20 * MS) / 1e9]


def test_a_timeout_begins_when_the_kernel_says_that_the_request_left(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.stamp(sent, START_NS + 20 * MS)
    rig.answer(sent, stamp_ns=START_NS + 1010 * MS)
    batch = rig.ledger.take_batch()
    assert batch.outcomes == [Outcome.OK]
    assert batch.durations == [pytest.approx(0.99)]


def test_a_stamp_of_what_we_never_sent_changes_nothing(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.stamp(Sent(sent.flow, numbered(sent.request, 9), 0), START_NS + MS)
    rig.wait(0.05)
    rig.answer(sent)
    assert rig.ledger.take_batch().durations == [pytest.approx(0.05)]


def test_a_stamp_from_beyond_a_clock_step_is_not_trusted(rig: Rig) -> None:
    sent = rig.send(a_flow())
    rig.ledger.distrust_stamps()
    rig.stamp(sent, START_NS + 3600 * 10**9)
    rig.answer(sent, stamp_ns=START_NS + 3600 * 10**9 + MS)
    batch = rig.ledger.take_batch()
    assert math.isnan(batch.durations[0])
    assert batch.started == [START_NS / 1e9]


@pytest.mark.parametrize(
    ("received_ns", "why"), [(0, "no stamp"), (START_NS - 1, "before it was sent")]
)
def test_a_reply_without_a_usable_stamp_is_received_without_a_duration(
    rig: Rig, received_ns: int, why: str
) -> None:
    sent = rig.send(a_flow())
    rig.answer(sent, stamp_ns=received_ns)
    batch = rig.ledger.take_batch()
    assert batch.outcomes == [Outcome.OK], why
    assert math.isnan(batch.durations[0])


def test_what_was_in_flight_when_the_clock_stepped_has_no_duration(rig: Rig) -> None:
    flow = a_flow()
    before = rig.send(flow)
    rig.ledger.distrust_stamps()
    rig.ledger.distrust_stamps()  # a second step trusts nothing again
    after = rig.send(flow)
    rig.answer(before, stamp_ns=START_NS + 3600 * 10**9)
    rig.answer(after)
    batch = rig.ledger.take_batch()
    assert batch.outcomes == [Outcome.OK] * 2
    assert math.isnan(batch.durations[0])
    assert batch.durations[1] == 0
    assert batch.started == [START_NS / 1e9] * 2


# When our own socket overflowed


def test_what_was_in_flight_at_an_overflow_and_stays_unanswered_is_our_fault(rig: Rig) -> None:
    flow = a_flow()
    answered, _ = rig.send(flow), rig.send(flow)
    rig.ledger.suspect()
    rig.answer(answered)
    rig.wait(0.5)
    rig.send(flow)
    rig.wait(1)
    batch = rig.expire()
    assert batch.outcomes == [Outcome.OK, Outcome.LOCAL, Outcome.TIMEOUT]
    assert batch.details == {1: "our socket dropped replies for want of room"}


def test_an_overflow_before_anything_was_sent_is_no_trouble(rig: Rig) -> None:
    rig.ledger.suspect()
    rig.send(a_flow())
    rig.wait(1)
    assert outcomes(rig.expire()) == [Outcome.TIMEOUT]


# Epochs


def test_an_epoch_ends_by_age_and_the_next_has_another_identifier_and_nonce() -> None:
    rig = Rig(timeout_seconds=400)
    flow = a_flow()
    old = rig.send(flow)
    rig.wait(EPOCH_SECONDS - 0.001)
    assert not rig.ledger.needs_epoch(rig.now, 1)
    rig.wait(0.001)
    assert rig.ledger.needs_epoch(rig.now, 1)
    new = rig.send(flow)
    assert rig.ledger.identifiers == [1, 2]
    assert old.request[:8] != new.request[:8]
    assert old.request[8:16] != new.request[8:16]
    rig.answer(old)
    rig.answer(new)
    assert outcomes(rig.ledger.take_batch()) == [Outcome.OK] * 2


def test_the_sequence_wraps_into_another_epoch_and_no_packet_is_confused(rig: Rig) -> None:
    flow = a_flow()
    first = rig.send(flow)
    for _ in range(SEQUENCES - 2):
        rig.send(flow)
    last = rig.send(flow)
    assert rig.ledger.needs_epoch(rig.now, 1)
    wrapped = rig.send(flow)
    assert (last.sequence, wrapped.sequence) == (SEQUENCES - 1, 0)
    for sent in (first, last, wrapped):
        rig.answer(sent)
    batch = rig.ledger.take_batch()
    assert (batch.outcomes, batch.oddities) == ([Outcome.OK] * 3, [])
    rig.wait(1)
    assert Counter(rig.expire().outcomes) == {Outcome.TIMEOUT: SEQUENCES - 2}


def test_a_batch_is_never_split_between_epochs(rig: Rig) -> None:
    flow = a_flow()
    rig.send_all(*[flow] * (SEQUENCES - 1))
    assert not rig.ledger.needs_epoch(rig.now, 1)
    assert rig.ledger.needs_epoch(rig.now, 2)
    first, second = rig.send_all(flow, flow)
    assert (first.sequence, second.sequence) == (0, 1)
    assert rig.ledger.identifiers == [1, 2]
    assert rig.ledger.nonces > {first.nonce}


def test_a_late_reply_is_recognised_after_its_epoch_ended_and_forgotten_later(rig: Rig) -> None:
    flow = a_flow()
    rig.send(flow)
    rig.wait(EPOCH_SECONDS - 1)
    late, forgotten = rig.send(flow), rig.send(flow)
    rig.wait(1 + LATE_SECONDS - 0.001)
    rig.expire()
    rig.send(flow)
    rig.answer(late)
    assert oddities(rig.ledger.take_batch()) == [Oddity.LATE]
    rig.wait(EPOCH_SECONDS)
    rig.expire()
    rig.send(flow)
    rig.answer(forgotten)
    assert not rig.ledger.take_batch()
    assert rig.ledger.foreign == 1
    assert rig.ledger.identifiers == [3]


def test_epochs_of_one_identifier_are_told_apart_by_their_nonce() -> None:
    rig = Rig(400, identifiers=itertools.count(7, 0))  # as a datagram socket has it
    flow = a_flow()
    old = rig.send(flow)
    rig.wait(EPOCH_SECONDS)
    new = rig.send(flow)
    rig.answer(old)
    batch = rig.ledger.take_batch()
    assert batch.durations == [pytest.approx(EPOCH_SECONDS)]
    rig.ledger.fail(new.failure(), Outcome.REFUSED, "")
    assert outcomes(rig.ledger.take_batch()) == [Outcome.REFUSED]


# Whatever happens


class LedgerMachine(RuleBasedStateMachine):
    """Every accepted packet of a target that stays gives exactly one row, whatever happens."""

    sent = Bundle("sent")

    def __init__(self) -> None:
        super().__init__()
        self.rig = Rig()
        self.stamps = itertools.count(1)
        self.flows = [a_flow(), a_flow(OTHER_ADDRESS, OTHER_PACKED), a_flow()]
        self.accepted: dict[Flow, list[float]] = {}
        self.refused: Counter[Flow] = Counter()
        self.rows: dict[Flow, list[float]] = {}
        self.unsent: Counter[Flow] = Counter()
        self.lost: Counter[Flow] = Counter()
        self.late: Counter[Flow] = Counter()

    @rule(
        target=sent,
        batch=st.lists(
            st.tuples(st.integers(0, 2), st.sampled_from(("refused", "stamped", "unstamped"))),
            min_size=1,
            max_size=4,
        ),
    )
    def send(self, batch: list[tuple[int, str]]) -> object:
        self.rig.wait(0.001)  # so that no two have one stamp
        packets = self.rig.send_all(*(self.flows[which] for which, _ in batch))
        for microsecond, (packet, (_, fate)) in enumerate(zip(packets, batch, strict=True), 1):
            if fate == "stamped":
                packet.stamp_ns += microsecond * 1000
                self.rig.stamp(packet, packet.stamp_ns)
            if fate == "refused":
                self.rig.refuse(packet)
                self.refused[packet.flow] += 1
            else:
                self.accepted.setdefault(packet.flow, []).append(packet.stamp_ns / 1e9)
        is_refused = [fate == "refused" for _, fate in batch]
        return multiple(*(p for p, no in zip(packets, is_refused, strict=True) if not no))

    @rule(packet=sent, delay_ms=st.integers(0, 3000), read_after=st.integers(0, 3))
    def reply(self, packet: Sent, delay_ms: int, read_after: int) -> None:
        self.rig.wait(read_after)
        self.rig.answer(packet, stamp_ns=packet.stamp_ns + delay_ms * MS)

    @rule(packet=consumes(sent), stamp_ns=st.sampled_from((0, 1, START_NS * 2)))
    def last_reply_with_a_strange_stamp(self, packet: Sent, stamp_ns: int) -> None:
        self.rig.answer(packet, stamp_ns=stamp_ns)

    @rule(packet=sent, sender=st.sampled_from((PACKED, OTHER_PACKED, b"\x0a\x09\x09\x09")))
    def reply_from_anywhere(self, packet: Sent, sender: bytes) -> None:
        self.rig.answer(packet, sender=sender)

    @rule(packet=sent, position=st.integers(0, 23))
    def reply_with_damage(self, packet: Sent, position: int) -> None:
        self.rig.answer(packet, message=damaged(packet.reply, position))

    @rule(packet=sent, destination=st.sampled_from((PACKED, OTHER_PACKED)))
    def icmp_error(self, packet: Sent, destination: bytes) -> None:
        self.rig.ledger.fail(packet.failure(destination), Outcome.UNREACHABLE, "")

    @rule(seconds=st.sampled_from((0.4, 1.0, LATE_SECONDS, EPOCH_SECONDS)))
    def wait(self, seconds: float) -> None:
        self.rig.wait(seconds)

    @rule()
    def expire(self) -> None:
        self.rig.ledger.expire(self.rig.now)

    @rule()
    def overflow(self) -> None:
        self.rig.ledger.suspect()

    @rule(seconds=st.sampled_from((-5, 5)))
    def clock_step(self, seconds: int) -> None:
        self.rig.wall_ns += seconds * 10**9 + next(self.stamps)  # still no two have one stamp
        self.rig.ledger.distrust_stamps()

    @rule(which=st.integers(0, 2))
    def leave_and_join_again(self, which: int) -> None:
        self.collect()
        gone = self.flows[which]
        gone.is_gone = True
        self.flows[which] = a_flow(gone.target.endpoint.address, gone.packed_address)

    @invariant()
    def collect(self) -> None:
        batch = self.rig.ledger.take_batch()
        by_target = {flow.target: flow for flow in self.flows}
        for row, target in enumerate(batch.targets):
            flow = by_target[target]  # nothing of a target that left
            if not batch.accepted[row]:
                self.unsent[flow] += 1
                continue
            self.rows.setdefault(flow, []).append(batch.started[row])
            self.lost[flow] += batch.outcomes[row] is Outcome.TIMEOUT
        for target, oddity in batch.oddities:
            self.late[by_target[target]] += oddity is Oddity.LATE

    @invariant()
    def the_equation_holds(self) -> None:
        for flow in self.flows:
            settled = len(self.rows.get(flow, ()))
            assert settled + self.in_flight(flow) == len(self.accepted.get(flow, ()))
            assert self.unsent[flow] == self.refused[flow]
            assert self.late[flow] <= self.lost[flow]
        assert sum(map(self.in_flight, self.flows)) <= self.rig.ledger.in_flight
        assert (self.rig.ledger.next_deadline() < math.inf) is (self.rig.ledger.in_flight > 0)

    def in_flight(self, flow: Flow) -> int:
        return sum(
            epoch.flows[sequence] is flow
            for _, epoch, first, end in self.rig.ledger._deadlines
            for sequence in epoch.in_flight(first, end)
        )

    def teardown(self) -> None:
        self.rig.wait(10)
        self.rig.ledger.expire(self.rig.now)
        self.collect()
        self.the_equation_holds()
        assert self.rig.ledger.in_flight == 0
        for flow in self.flows:
            assert sorted(self.rows.get(flow, ())) == sorted(self.accepted.get(flow, ()))


def test_every_packet_settles_exactly_once_whatever_happens() -> None:
    run_state_machine_as_test(
        LedgerMachine, settings=settings(max_examples=150, stateful_step_count=40, deadline=None)
    )

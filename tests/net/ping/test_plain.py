"""The ledger at once and one by one: the same replies, the same end."""

import struct
from dataclasses import dataclass
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.net.ping.columns import Replies, Run, constant_of
from netwatch.net.ping.epoch import Flow
from netwatch.net.ping.layout import SWAPPED, message_values
from netwatch.net.ping.ledger import Ledger
from netwatch.net.ping.volley import Volley
from netwatch.wire.icmp import echo_reply
from tests.nouns import a_target
from tests.wire.icmp_packets import numbered

START_NS = 10**18
PACKETS = 4
ADDRESSES = [bytes([10, 0, 0, last]) for last in range(PACKETS)]


@dataclass(frozen=True)
class Reply:
    sequence: int
    sender: bytes
    took_ns: int


REPLIES = st.builds(
    Reply,
    sequence=st.integers(0, 2 * PACKETS),
    sender=st.sampled_from(ADDRESSES),
    took_ns=st.sampled_from((1_000, 2_000_000, 1_000_000_000, 1_000_000_001, -5)),
)
HONEST = st.permutations(range(PACKETS)).map(
    lambda order: [Reply(number, ADDRESSES[number], 1_000 + number) for number in order]
)


def a_ledger() -> Ledger:
    """Two beats of the same targets are in flight; the first answered nobody yet."""
    ledger = Ledger(4, 56, 1.0, count(7).__next__)
    flows = [Flow(a_target(str(packed)), packed) for packed in ADDRESSES]
    ledger.open_epoch(100.0)
    for beat in range(2):
        ledger.send(Volley.of(flows), 100.0 + beat, START_NS)
    return ledger


def told(ledger: Ledger) -> object:
    batch = ledger.take_batch()
    return (
        [target.endpoint.name for target in batch.targets],
        batch.outcomes,
        [repr(duration) for duration in batch.durations],
        batch.hop_limits,
        batch.accepted,
        [(target.endpoint.name, oddity) for target, oddity in batch.oddities],
        ledger.in_flight,
        ledger.foreign,
    )


def one_by_one(ledger: Ledger, replies: list[Reply]) -> None:
    message = echo_reply(4, ledger._epochs[-1].request)
    for reply in replies:
        stamp = divmod(START_NS + reply.took_ns, 10**9)
        values = message_values(4, numbered(message, reply.sequence))
        ledger.receive([(reply.sender, *stamp, 64, *values)])


def at_once(ledger: Ledger, replies: list[Reply]) -> bool:
    message = echo_reply(4, ledger._epochs[-1].request)
    return ledger.receive_all(
        Replies(
            constant_of(4, message),
            [reply.sequence for reply in replies],
            ([struct.unpack("=I", reply.sender)[0] for reply in replies],),
            [START_NS + reply.took_ns for reply in replies],
            [64] * len(replies),
        )
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(HONEST | st.lists(REPLIES, min_size=1, max_size=6), max_size=4))
def test_replies_judged_at_once_end_as_if_judged_one_by_one(batches: list[list[Reply]]) -> None:
    slow, fast = a_ledger(), a_ledger()
    for replies in batches:
        one_by_one(slow, replies)
        if not at_once(fast, replies):
            one_by_one(fast, replies)
        assert told(fast) == told(slow)


@given(HONEST)
def test_honest_replies_are_judged_at_once(replies: list[Reply]) -> None:
    assert at_once(a_ledger(), replies)


@given(st.lists(REPLIES, min_size=1, max_size=6))
def test_what_is_not_judged_at_once_has_changed_nothing(replies: list[Reply]) -> None:
    ledger, untouched = a_ledger(), a_ledger()
    if not at_once(ledger, replies):
        assert told(ledger) == told(untouched)


@given(st.integers(0, 2 * PACKETS + 1), st.integers(1, 2 * PACKETS + 1), st.booleans())
def test_stamps_of_a_run_are_taken_as_if_one_by_one(
    first: int,
    number: int,
    has_stepped: bool,  # noqa: FBT001  # drawn
) -> None:
    slow, fast = a_ledger(), a_ledger()
    stamps = [START_NS + 10 * index for index in range(number)]
    for ledger in (slow, fast):
        if has_stepped:
            ledger.distrust_stamps()
    rows = [
        (*divmod(stamp, 10**9), 4, SWAPPED[first + index], slow._epochs[-1].nonce)
        for index, stamp in enumerate(stamps)
    ]
    slow.stamp(rows)
    if fast.stamp_run(Run(fast._epochs[-1].nonce, first, stamps)):
        assert fast._epochs[-1].sent_ns == slow._epochs[-1].sent_ns
    else:
        assert has_stepped or first + number > 2 * PACKETS

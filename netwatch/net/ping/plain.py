"""Judges many replies at once, as long as there is nothing to remark about any of them.

Whatever is late, doubled, overtaken, damaged, a stranger's or without a stamp is for the ledger to
judge one by one; here all of them are compared, column by column, without a line of Python each.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter, gt, sub
from typing import NamedTuple

from netwatch.net.ping.columns import Replies
from netwatch.net.ping.epoch import IN_FLIGHT_BYTE, Epoch, Flow

_newest_received = attrgetter("newest_received")
_is_gone = attrgetter("is_gone")


class Answers(NamedTuple):
    """The packets that were answered: whose, sent when (CLOCK_REALTIME), and for how long."""

    flows: list[Flow]
    sent_ns: list[int]
    took_ns: list[int]


def plain_answers(epoch: Epoch, replies: Replies, timeout_ns: int) -> Answers | None:
    """Return what was answered, or None where there is anything to remark."""
    sequences = replies.sequences
    if (
        replies.constant != epoch.constant
        or max(sequences) >= len(epoch.flows)
        or not _are_in_flight(epoch, sequences)
        or not _are_from_who_was_asked(epoch, replies)
    ):
        return None
    flows = list(map(epoch.flows.__getitem__, sequences))
    sent_ns = list(map(epoch.sent_ns.__getitem__, sequences))
    took_ns = list(map(sub, replies.stamps_ns, sent_ns))
    if (
        min(sent_ns) <= 0
        or min(took_ns) < 0
        or max(took_ns) > timeout_ns
        or any(map(_is_gone, flows))
        or not _are_newest(epoch, flows, sequences)
    ):
        return None
    return Answers(flows, sent_ns, took_ns)


def _are_in_flight(epoch: Epoch, sequences: Sequence[int]) -> bool:
    """Whether each is awaited."""
    states = bytes(map(epoch.states.__getitem__, sequences))
    return states == IN_FLIGHT_BYTE * len(sequences)


def _are_from_who_was_asked(epoch: Epoch, replies: Replies) -> bool:
    addresses, words = epoch.addresses, len(replies.senders)
    return all(
        [addresses[sequence * words + word] for sequence in replies.sequences] == sender
        for word, sender in enumerate(replies.senders)
    )


def _are_newest(epoch: Epoch, flows: Sequence[Flow], sequences: Iterable[int]) -> bool:
    """Whether each is the latest packet of its flow that was received, and comes once."""
    serials = map(epoch.first_serial.__add__, sequences)
    are_different = len(set(flows)) == len(flows)
    return are_different and not any(map(gt, map(_newest_received, flows), serials))

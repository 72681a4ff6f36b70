import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.exposition.histogram import Histogram
from netwatch.model import Oddity, Outcome
from netwatch.net.ping.tally import PingTally

FAILURES = [outcome for outcome in Outcome if outcome not in {Outcome.OK, Outcome.TIMEOUT}]


def settled(*outcomes: Outcome, duration: float = 0.5, accepted: bool = True) -> PingTally:
    tally = PingTally()
    for outcome in outcomes:
        known = duration if outcome is Outcome.OK else math.nan
        tally.settle(outcome, known, 64, accepted=accepted)
    return tally


@given(
    st.lists(
        st.tuples(st.sampled_from(Outcome), st.booleans()).filter(
            lambda packet: packet != (Outcome.OK, False)  # nothing answers what never left
        )
    )
)
def test_sent_is_received_lost_and_errors_and_unsent_is_in_none(
    packets: list[tuple[Outcome, bool]],
) -> None:
    tally = PingTally()
    for outcome, accepted in packets:
        tally.settle(outcome, math.nan, 0, accepted=accepted)
    accepted_ones = [outcome for outcome, accepted in packets if accepted]
    assert tally.sent == len(accepted_ones)
    assert tally.received == accepted_ones.count(Outcome.OK)
    assert tally.lost == accepted_ones.count(Outcome.TIMEOUT)
    assert sum(tally.errors.values()) == tally.sent - tally.received - tally.lost
    assert sum(tally.unsent.values()) == len(packets) - tally.sent


@pytest.mark.parametrize("outcome", FAILURES)
def test_an_error_is_counted_under_its_reason(outcome: Outcome) -> None:
    assert settled(outcome, outcome).errors == {outcome: 2}
    assert settled(outcome, accepted=False).unsent == {outcome: 1}


@pytest.mark.parametrize(
    ("oddity", "key"),
    [
        (Oddity.LATE, "late"),
        (Oddity.DUPLICATE, "duplicate"),
        (Oddity.CORRUPT, "corrupt"),
        (Oddity.REORDERED, "reordered"),
    ],
)
def test_an_oddity_is_counted_beside_the_equation(oddity: Oddity, key: str) -> None:
    tally = PingTally()
    tally.note(oddity)
    counted = {oddity.value: getattr(tally, oddity.value) for oddity in Oddity}
    assert counted == dict.fromkeys(counted, 0) | {key: 1}
    assert tally.sent == 0


def test_figures_are_of_replies_alone() -> None:
    tally = settled(Outcome.OK, Outcome.TIMEOUT, Outcome.REFUSED)
    tally.settle(Outcome.OK, 1.5, 64, accepted=True)
    figures = (tally.rtt_min, tally.rtt_max, tally.rtt_mean, tally.rtt_stddev)
    assert figures == (0.5, 1.5, 1.0, 0.5)


def test_without_a_reply_there_are_no_figures_and_no_zero() -> None:
    tally = settled(Outcome.TIMEOUT)
    assert (tally.rtt_min, tally.rtt_max, tally.rtt_mean, tally.rtt_stddev) == (None,) * 4
    assert tally.hop_limit is None


def test_figures_go_when_thirty_packets_brought_nothing_back() -> None:
    tally = settled(Outcome.OK, *[Outcome.TIMEOUT] * 29)
    assert tally.rtt_min == 0.5
    tally.settle(Outcome.REFUSED, math.nan, 0, accepted=True)
    assert tally.rtt_min is None


def test_what_did_not_leave_pushes_no_figure_out() -> None:
    tally = settled(Outcome.OK)
    for _ in range(40):
        tally.settle(Outcome.BLOCKED, math.nan, 0, accepted=False)
    assert tally.rtt_min == 0.5


def test_the_hop_limit_is_that_of_the_latest_reply_if_it_has_one() -> None:
    tally = PingTally()
    tally.settle(Outcome.OK, 0.1, 63, accepted=True)
    tally.settle(Outcome.TIMEOUT, math.nan, 0, accepted=True)
    assert tally.hop_limit == 63
    tally.settle(Outcome.OK, 0.1, 0, accepted=True)
    assert tally.hop_limit is None


def test_durations_go_into_the_histogram_that_it_was_given_last() -> None:
    tally, own, shared = PingTally(), Histogram((1.0,)), Histogram((1.0,))
    shown: list[Histogram | None] = []
    tally.settle(Outcome.OK, 0.5, 64, accepted=True)  # nobody wants it yet
    tally.count_into(own, shown=True)
    shown.append(tally.rtt)
    tally.settle(Outcome.OK, 0.5, 64, accepted=True)
    tally.settle(Outcome.OK, math.nan, 64, accepted=True)
    tally.settle(Outcome.TIMEOUT, math.nan, 0, accepted=True)
    tally.count_into(shared, shown=False)
    shown.append(tally.rtt)
    tally.settle(Outcome.OK, 2.0, 64, accepted=True)
    assert shown == [own, None]
    assert (list(own.counts), list(shared.counts)) == ([1, 0], [0, 1])

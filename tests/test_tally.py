import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.attempt import Values
from netwatch.exposition.family import Family, Kind
from netwatch.exposition.histogram import Histogram
from netwatch.model import Outcome, Result
from netwatch.net.tls import TLS_FAMILIES
from netwatch.tally import ATTEMPT_FAMILIES, AttemptTally
from tests.nouns import a_result

OK, TIMEOUT, LOCAL = Outcome.OK, Outcome.TIMEOUT, Outcome.LOCAL


def counted(*results: Result) -> AttemptTally:
    families = (
        Family(name="sent_total", kind=Kind.COUNTER, help="", key="sent"),
        Family(name="lost_total", kind=Kind.COUNTER, help="", key="lost", label="port"),
        Family(name="code", kind=Kind.GAUGE, help="", key="code"),
    )
    tally = AttemptTally(families)
    tally.count_into(Histogram((1.0,)), shown=True)
    for result in results:
        tally.count(result)
    return tally


@given(st.lists(st.sampled_from(Outcome)))
def test_attempts_are_successes_and_failures(outcomes: list[Outcome]) -> None:
    tally = counted(*map(a_result, outcomes))
    assert tally.attempts == len(outcomes) == tally.successes + sum(tally.failures.values())
    assert tally.successes == outcomes.count(OK)
    assert all(outcomes.count(Outcome(reason)) == n for reason, n in tally.failures.items())


def test_every_shared_family_finds_its_value() -> None:
    said: Values = {family.key: 1.0 for family in TLS_FAMILIES}
    tally = counted(a_result(phases={"connect": 0.1}), a_result(LOCAL, values=said))
    assert [f.name for f in ATTEMPT_FAMILIES if getattr(tally, f.key, None) is None] == []


def test_only_successes_have_a_part_in_durations() -> None:
    tally = counted(
        a_result(duration=0.5, phases={"connect": 0.2, "tls": 0.3}),
        a_result(duration=2.0, phases={"connect": 2.0}),
        a_result(TIMEOUT, phases={"connect": 100.0}),
    )
    assert tally.duration is not None
    assert (list(tally.duration.counts), tally.duration.sum) == ([1, 1], 2.5)
    assert {name: (phase.count, phase.sum) for name, phase in tally.phases.items()} == {
        "connect": (2, 2.2),
        "tls": (1, 0.3),
    }


def test_durations_may_be_counted_elsewhere() -> None:
    tally, shared = AttemptTally(), Histogram((1.0,))
    tally.count_into(shared, shown=False)
    tally.count(a_result())
    assert (tally.duration, sum(shared.counts)) == (None, 1)


def test_values_are_those_of_the_latest_attempt_and_gone_when_that_has_none() -> None:
    tally = counted(a_result(values={"code": 200}))
    assert tally.code == 200
    tally.count(a_result(TIMEOUT))
    assert not hasattr(tally, "code")
    tally.count(a_result(Outcome.MISMATCH, values={"code": 500}))
    assert tally.code == 500


def test_what_is_a_counter_is_added_up_and_stays() -> None:
    tally = counted(
        a_result(values={"sent": 10, "lost": {"1": 2}}),
        a_result(TIMEOUT),
        a_result(values={"sent": 5, "lost": {"1": 1, "2": 4}, "code": 1}),
    )
    assert (tally.sent, tally.lost, tally.code) == (15, {"1": 3, "2": 4}, 1)


def test_a_value_that_changes_its_shape_is_a_bug() -> None:
    tally = counted(a_result(values={"sent": 10}))
    with pytest.raises(TypeError, match="expected both with a label or without"):
        tally.count(a_result(values={"sent": {"a": 1}}))

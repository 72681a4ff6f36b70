import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.schedule import Beats, next_beat, stable_phase

INTERVALS = st.sampled_from((0.01, 0.1, 0.3, 1.0, 7.0, 60.0))
TIMES = st.floats(0, 1e6)
ALL = 1000


# Phases


def test_a_phase_is_the_same_after_a_restart() -> None:
    assert stable_phase("nodes/kube-3/10.0.0.7") == 0.5945559500250965


def test_phases_are_spread_over_the_whole_interval() -> None:
    phases = sorted(stable_phase(f"nodes/kube-{i}/10.0.0.{i}") for i in range(200))
    gaps = [after - before for before, after in pairwise([0.0, *phases, 1.0])]
    assert max(gaps) < 0.05
    assert phases[0] >= 0
    assert phases[-1] < 1


@given(TIMES, INTERVALS, st.floats(0, 1, exclude_max=True))
def test_the_next_beat_is_the_first_of_its_phase_from_now_on(
    now: float, interval: float, phase: float
) -> None:
    beat = next_beat(now, interval, phase)
    assert -1e-6 <= beat - now <= interval + 1e-6
    periods = beat / interval - phase
    assert periods == pytest.approx(round(periods), abs=1e-3)


# Beats


def test_nobody_is_due_when_nobody_is_there() -> None:
    beats: Beats[str] = Beats()
    assert beats.next_due() == math.inf
    assert beats.take_due(1e9, ALL) == []
    assert len(beats) == 0


def test_a_member_is_due_at_its_first_time_and_not_before() -> None:
    beats: Beats[str] = Beats()
    beats.add("a", 10.0, 1.0)
    assert beats.take_due(9.999, ALL) == []
    assert beats.next_due() == 10.0
    assert beats.take_due(10.0, ALL) == [(10.0, "a")]
    assert beats.next_due() == 11.0


def test_the_beat_does_not_drift_when_it_is_taken_late() -> None:
    beats: Beats[str] = Beats()
    beats.add("a", 100.0, 1.0)
    dues = [beats.take_due(100.0 + n + 0.9, ALL)[0][0] for n in range(1000)]
    assert dues == [100.0 + n for n in range(1000)]


def test_missed_beats_do_not_pile_up_and_the_phase_stays() -> None:
    beats: Beats[str] = Beats()
    beats.add("a", 100.25, 1.0)
    assert beats.take_due(160.0, ALL) == [(100.25, "a")]
    assert beats.next_due() == 160.25


@given(
    first=TIMES,
    interval=INTERVALS,
    pauses=st.lists(st.floats(0, 100), max_size=20),
    is_whole=st.booleans(),
)
def test_a_member_is_due_once_however_late_one_looks(
    first: float, interval: float, pauses: list[float], *, is_whole: bool
) -> None:
    beats: Beats[str] = Beats()
    beats.add("a", first, interval)
    now = first
    for pause in pauses:
        now += round(pause) * interval if is_whole else pause
        assert len(beats.take_due(now, ALL)) <= 1
        assert now < beats.next_due() <= now + interval * 1.001


def test_at_most_so_many_are_taken_and_the_rest_stays_due() -> None:
    beats: Beats[int] = Beats()
    for number in range(5):
        beats.add(number, number / 10, 1.0)
    assert [member for _, member in beats.take_due(0.5, 2)] == [0, 1]
    assert [member for _, member in beats.take_due(0.5, 2)] == [2, 3]
    assert [member for _, member in beats.take_due(0.5, 2)] == [4]
    assert beats.take_due(0.5, 2) == []


def test_who_was_added_first_is_first_at_the_same_time() -> None:
    beats: Beats[object] = Beats()
    members = [object() for _ in range(10)]  # cannot be compared
    for member in members:
        beats.add(member, 1.0, 1.0)
    for now in (1.0, 2.0):
        assert [member for _, member in beats.take_due(now, ALL)] == members


def test_a_discarded_member_is_never_due_again() -> None:
    beats: Beats[str] = Beats()
    beats.add("a", 1.0, 1.0)
    beats.add("b", 2.0, 1.0)
    beats.discard("a")
    beats.discard("never seen")
    assert len(beats) == 1
    assert beats.next_due() == 2.0
    assert beats.take_due(2.0, ALL) == [(2.0, "b")]


def test_a_member_that_was_discarded_and_added_again_has_one_beat() -> None:
    beats: Beats[str] = Beats()
    beats.add("a", 1.0, 1.0)
    beats.discard("a")
    beats.add("a", 1.5, 2.0)
    assert len(beats) == 1
    assert beats.take_due(1.9, ALL) == [(1.5, "a")]
    assert beats.take_due(3.4, ALL) == []
    assert beats.take_due(3.5, ALL) == [(3.5, "a")]


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=30))
def test_each_member_keeps_exactly_one_beat_through_any_coming_and_going(
    steps: list[tuple[int, bool]],
) -> None:
    beats: Beats[int] = Beats()
    here: set[int] = set()
    for member, comes in steps:
        beats.discard(member)
        here.discard(member)
        if comes:
            beats.add(member, 10.0, 1.0)
            here.add(member)
        assert len(beats) == len(here)
    for now in (10.0, 11.0):
        assert sorted(member for _, member in beats.take_due(now, ALL)) == sorted(here)

import math
import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.stats import WorstRecent, figures, percentile, summary

SECONDS = st.floats(0, 100)


# Percentiles


@pytest.mark.parametrize(
    ("share", "value"), [(0, 1), (0.2, 1), (0.21, 2), (0.5, 3), (0.9, 5), (0.99, 5), (1, 5)]
)
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile([1, 2, 3, 4, 5], share) == value


@given(st.lists(st.floats(0, 60), min_size=1))
def test_mean_and_deviation_are_those_of_the_statistics_module(durations: list[float]) -> None:
    found = figures(durations)
    assert found is not None
    assert found["mean"] == pytest.approx(statistics.fmean(durations))
    assert found["stddev"] == pytest.approx(statistics.pstdev(durations), abs=1e-6)
    assert found["min"] <= found["p50"] <= found["p90"] <= found["p99"] <= found["max"]


def test_no_durations_have_no_figures() -> None:
    assert figures([]) is None


@pytest.mark.parametrize(("percent", "share"), [(50, 0.5), (90, 0.9), (99, 0.99)])
def test_ranks_are_right_for_every_count_of_values(percent: int, share: float) -> None:
    for count in range(1, 3000):
        rank = math.ceil(Fraction(percent, 100) * count)
        assert percentile(range(1, count + 1), share) == rank


# Figures


def test_nothing_has_no_figures() -> None:
    assert summary([]) is None
    assert summary([math.nan] * 40) is None


@given(st.lists(SECONDS | st.just(math.nan), max_size=70))
def test_figures_are_those_of_the_values_that_there_are(values: list[float]) -> None:
    known = [value for value in values if not math.isnan(value)]
    figures = summary(values)
    if not known:
        assert figures is None
        return
    expected = (min(known), max(known), statistics.fmean(known), statistics.pstdev(known))
    assert figures == pytest.approx(expected, abs=1e-6)


# The worst of late


def test_nothing_observed_is_zero() -> None:
    assert WorstRecent().at(1000.0) == 0


def test_the_worst_is_kept_through_smaller_ones() -> None:
    worst = WorstRecent()
    for second, value in enumerate((0.1, 0.7, 0.2)):
        worst.observe(value, 100.0 + second)
    assert worst.at(103.0) == 0.7


@given(st.floats(0, 1e6), st.lists(st.tuples(st.floats(0, 50), SECONDS), max_size=20))
def test_a_value_is_seen_for_half_a_minute_and_gone_after_a_whole(
    now: float, observed: list[tuple[float, float]]
) -> None:
    worst = WorstRecent()
    past: list[tuple[float, float]] = []
    for pause, value in observed:
        now += pause
        worst.observe(value, now)
        past.append((now, value))
        seen = worst.at(now)
        assert seen >= max(value for at, value in past if now - at < 30)
        assert seen <= max(value for at, value in past if now - at <= 60)
    assert worst.at(now + 60.001) == 0

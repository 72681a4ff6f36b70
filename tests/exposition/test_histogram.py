"""Histograms and summaries count each value once."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.exposition.histogram import Histogram, Summary

VALUES = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=16))
BOUNDS = st.lists(st.floats(min_value=0, max_value=1e9), unique=True).map(sorted).map(tuple)


def test_a_value_on_a_bound_belongs_below_it() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.1, 0.5, 1.0, 1.5, math.inf):
        histogram.observe(value)
    assert list(histogram.counts) == [1, 2, 2]


@given(BOUNDS, VALUES)
def test_each_value_is_in_the_first_bucket_that_reaches_it(
    bounds: tuple[float, ...], values: list[float]
) -> None:
    histogram = Histogram(bounds)
    for value in values:
        histogram.observe(value)
    below = [sum(value <= bound for value in values) for bound in (*bounds, math.inf)]
    assert [sum(histogram.counts[: i + 1]) for i in range(len(below))] == below
    assert histogram.sum == pytest.approx(math.fsum(values))


@pytest.mark.parametrize(
    "bounds", [(1.0, 1.0), (2.0, 1.0), (math.inf,), (math.nan,), (0.1, math.nan), (-1.0, 1.0)]
)
def test_bounds_that_are_none_are_refused(bounds: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="are no bounds, expected them finite, increasing"):
        Histogram(bounds)


def test_a_histogram_without_bounds_still_counts() -> None:
    histogram = Histogram(())
    histogram.observe(3)
    assert (list(histogram.counts), histogram.sum) == ([1], 3)


def test_a_summary_counts_and_adds() -> None:
    summary = Summary()
    summary.observe(0.25)
    summary.observe(0.5)
    assert (summary.count, summary.sum) == (2, 0.75)


@pytest.mark.parametrize("distribution", [Histogram((1.0,)), Summary()])
def test_nan_is_refused_and_leaves_no_trace(distribution: Histogram | Summary) -> None:
    with pytest.raises(ValueError, match="NaN is not a value"):
        distribution.observe(math.nan)
    distribution.observe(2)
    assert distribution.sum == 2

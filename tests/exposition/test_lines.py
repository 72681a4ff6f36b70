"""How numbers and distributions look on a line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.exposition.family import Kind
from netwatch.exposition.histogram import Histogram
from netwatch.exposition.lines import WRITERS, number


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (-3, "-3"),
        (2**70, "1180591620717411303424"),
        (True, "1"),
        (False, "0"),
        (1.0, "1.0"),
        (0.1, "0.1"),
        (25e-6, "2.5e-05"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_are_written_as_prometheus_reads_them(value: float, written: str) -> None:
    assert number(value) == written


@given(st.floats() | st.integers())
def test_no_number_loses_anything(value: float) -> None:
    text = number(value)
    read = int(text) if isinstance(value, int) else float(text)
    assert read == value or math.isnan(value)


def test_buckets_are_cumulative_and_their_bounds_in_the_form_of_go() -> None:
    histogram = Histogram((25e-6, 0.5, 1.0, 1e6))
    for value in (1e-6, 0.4, 0.5, 3e6):
        histogram.observe(value)
    lines: list[str] = []
    WRITERS[Kind.HISTOGRAM](lines, "rtt", '{zone="a"}', histogram)
    assert lines == [
        'rtt_bucket{zone="a",le="2.5e-05"} 1\n',
        'rtt_bucket{zone="a",le="0.5"} 3\n',
        'rtt_bucket{zone="a",le="1.0"} 3\n',
        'rtt_bucket{zone="a",le="1e+06"} 3\n',
        'rtt_bucket{zone="a",le="+Inf"} 4\n',
        'rtt_sum{zone="a"} 3000000.900001\n',
        'rtt_count{zone="a"} 4\n',
    ]

"""The lines of one series, by the kind of its family; the same in both text formats."""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from prometheus_client.utils import floatToGoString

from netwatch.exposition.family import Kind
from netwatch.exposition.histogram import Histogram, Summary
from netwatch.exposition.labels import opened

# Prometheus 2 compares `le` as text, so it is written in the form of other exporters.
_go_form: Callable[[float], str] = floatToGoString


def number(value: float) -> str:
    """Write a value: whole numbers as such (a bool is 0 or 1), others as their shortest repr."""
    if isinstance(value, int):
        return str(int(value))
    if math.isfinite(value):
        return repr(float(value))
    return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"


def _write_number(lines: list[str], name: str, labels: str, value: float) -> None:
    lines.append(f"{name}{labels} {number(value)}\n")


def _write_histogram(lines: list[str], name: str, labels: str, histogram: Histogram) -> None:
    start = f"{name}_bucket{opened(labels)}"
    total = 0
    for end, count in zip(_bucket_ends(histogram.bounds), histogram.counts, strict=True):
        total += count
        lines.append(f"{start}{end}{total}\n")
    lines.append(f"{name}_sum{labels} {number(histogram.sum)}\n")
    lines.append(f"{name}_count{labels} {total}\n")


def _write_summary(lines: list[str], name: str, labels: str, summary: Summary) -> None:
    lines.append(f"{name}_sum{labels} {number(summary.sum)}\n")
    lines.append(f"{name}_count{labels} {summary.count}\n")


@lru_cache
def _bucket_ends(bounds: tuple[float, ...]) -> tuple[str, ...]:
    """Write what follows the other labels of each bucket: `le="0.001"} `."""
    return tuple(f'le="{_go_form(bound)}"}} ' for bound in (*bounds, math.inf))


WRITERS: dict[Kind, Callable[[list[str], str, str, Any], None]] = {
    Kind.COUNTER: _write_number,
    Kind.GAUGE: _write_number,
    Kind.HISTOGRAM: _write_histogram,
    Kind.SUMMARY: _write_summary,
}
"""Append the lines of one series: of a family's name, a written label set and a value."""

"""Metric families of other programs, on their way from a probe that read them to /metrics."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignFamily:
    """A family and its samples, written out: to show it is to copy it.

    `name` is what a query says, `kind` counter, gauge, histogram, summary or untyped. `names` are
    those of the family and of all samples that it may have. `text` are the lines of its samples in
    the Prometheus text format, in slices, `openmetrics` the same as OpenMetrics has them, and
    `series` how many there are.
    """

    name: str
    kind: str
    help: str
    names: frozenset[str]
    text: tuple[bytes, ...]
    openmetrics: tuple[bytes, ...]
    series: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """What one attempt found to be passed on, and what it dropped.

    `labels` are those that all its series were given: they tell them from the series of other
    passages. `path` is the page that shows them. `dropped` are numbers of lines or series, by why.
    """

    families: tuple[ForeignFamily, ...]
    labels: Mapping[str, str] = field(default_factory=dict)
    path: str = "/metrics"
    dropped: Mapping[str, int] = field(default_factory=dict)

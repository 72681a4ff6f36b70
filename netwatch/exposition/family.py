"""What a metric family is, as data: its name, its kind, and where its numbers are found."""

import re
from dataclasses import dataclass
from enum import StrEnum

from netwatch.exposition.labels import LABEL_NAME

METRIC_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
"""What a metric may be called; Prometheus keeps the colon for recording rules."""


class Kind(StrEnum):
    """The types of both text formats that are of use here."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"
    SUMMARY = "summary"


_SAMPLE_SUFFIXES = {
    Kind.COUNTER: ("_total",),
    Kind.GAUGE: ("",),
    Kind.HISTOGRAM: ("_bucket", "_sum", "_count"),
    Kind.SUMMARY: ("_sum", "_count"),
}
_KIND_LABELS: dict[Kind, frozenset[str]] = {
    Kind.COUNTER: frozenset(),
    Kind.GAUGE: frozenset(),
    Kind.HISTOGRAM: frozenset({"le"}),
    Kind.SUMMARY: frozenset({"quantile"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One column of a table.

    `name` is what a query says, so that of a counter ends in `_total`. `key` is the attribute of
    a record that holds the value: a number, a Histogram or a Summary, by `kind`. A record that has
    no such attribute, or None there, has no such series. Where `label` is set, the value is a
    mapping of that label's values to numbers (or Histograms, or Summaries), one series each.
    `unit` is a base unit such as `seconds`, and then the end of the name (before `_total`).

    Raises ValueError for names that Prometheus or OpenMetrics do not allow.
    """

    name: str
    kind: Kind
    help: str
    key: str
    label: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if not METRIC_NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is not a metric name, expected {METRIC_NAME.pattern}")
        if self.kind is Kind.COUNTER and not self.name.endswith("_total"):
            raise ValueError(f"counter {self.name}: expected a name that ends in _total")
        if self.unit and not self.stem.endswith(f"_{self.unit}"):
            raise ValueError(f"{self.name}: expected its unit at the end of it: _{self.unit}")
        if self.label and (
            not LABEL_NAME.fullmatch(self.label) or self.label in _KIND_LABELS[self.kind]
        ):
            raise ValueError(
                f"{self.name}: {self.label!r} cannot be its label, expected a label name that "
                f"{self.kind} series do not use"
            )

    @property
    def stem(self) -> str:
        """The name that OpenMetrics calls the family by: without `_total`."""
        return self.name.removesuffix("_total") if self.kind is Kind.COUNTER else self.name

    @property
    def names(self) -> frozenset[str]:
        """All names it takes: the family's, and those of its samples."""
        return frozenset({self.stem, *(self.stem + end for end in _SAMPLE_SUFFIXES[self.kind])})

    @property
    def own_labels(self) -> frozenset[str]:
        """The labels that it sets itself, so that a row cannot."""
        return _KIND_LABELS[self.kind] | ({self.label} - {""})

"""The oracle: random tables, and what prometheus_client's renderers and parsers make of them."""

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from types import SimpleNamespace
from typing import Any

from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client import parser as text_parser
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.utils import floatToGoString

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.family import Family, Kind
from netwatch.exposition.histogram import Histogram, Summary
from netwatch.exposition.table import Table

_GENERATORS: dict[Dialect, Any] = {
    Dialect.TEXT: generate_latest,
    Dialect.OPENMETRICS: openmetrics.generate_latest,
}
_PARSERS: dict[Dialect, Any] = {
    Dialect.TEXT: text_parser.text_string_to_metric_families,
    Dialect.OPENMETRICS: openmetrics_parser.text_string_to_metric_families,
}
go_form: Callable[[float], str] = floatToGoString


def parse(text: str, dialect: Dialect) -> list[Metric]:
    return list(_PARSERS[dialect](text))


@dataclass(frozen=True, eq=False)
class Observed:
    """The values that a histogram (with bounds) or a summary (without) saw."""

    bounds: tuple[float, ...] | None
    values: list[float]

    @property
    def sum(self) -> float:
        return reduce(operator.add, self.values, 0.0)

    def counted(self) -> Histogram | Summary:
        counted = Summary() if self.bounds is None else Histogram(self.bounds)
        for value in self.values:
            counted.observe(value)
        return counted


@dataclass(frozen=True, eq=False)
class Column:
    """A family, and what each row has of it: nothing, a value, or a mapping of values."""

    family: Family
    cells: list[Any]


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table as plain values, and the collector of the same."""

    rows: list[dict[str, str]]
    columns: list[Column]

    def table(self) -> Table:
        table = Table(column.family for column in self.columns)
        for index, labels in enumerate(self.rows):
            cells = {column.family.key: ours(column.cells[index]) for column in self.columns}
            table.add(labels, SimpleNamespace(**cells))
        return table

    def collect(self) -> Iterator[Metric]:
        for column in self.columns:
            family = column.family
            metric = Metric(family.stem, family.help, family.kind, family.unit)
            for labels, cell in zip(self.rows, column.cells, strict=True):
                parts = {None: cell} if not family.label else (cell or {})
                for value, part in parts.items():
                    extra = {} if value is None else {family.label: value}
                    add_samples(metric, {**labels, **extra}, part)
            if metric.samples:
                yield metric


def ours(cell: Any) -> Any:
    if isinstance(cell, Mapping):
        return {value: ours(part) for value, part in cell.items()}
    return cell.counted() if isinstance(cell, Observed) else cell


def add_samples(metric: Metric, labels: dict[str, str], value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, Observed):
        metric.add_sample(metric.name + "_total" * (metric.type == "counter"), labels, value)
        return
    for bound in () if value.bounds is None else (*value.bounds, math.inf):
        reached = sum(seen <= bound for seen in value.values)
        metric.add_sample(f"{metric.name}_bucket", {**labels, "le": go_form(bound)}, reached)
    metric.add_sample(f"{metric.name}_sum", labels, value.sum)
    metric.add_sample(f"{metric.name}_count", labels, len(value.values))


# The data.

SUFFIXES = ("_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info")
LENGTHS = st.floats(min_value=0, allow_nan=False)
CELLS = {
    Kind.COUNTER: st.integers(0, 10**300) | LENGTHS,
    Kind.GAUGE: st.integers(-(10**300), 10**300) | st.floats() | st.booleans(),
    Kind.HISTOGRAM: st.builds(
        Observed,
        st.lists(st.floats(min_value=0, allow_infinity=False), unique=True, max_size=6)
        .map(sorted)
        .map(tuple),
        st.lists(LENGTHS, max_size=6),
    ),
    Kind.SUMMARY: st.builds(Observed, st.none(), st.lists(LENGTHS, max_size=6)),
}
STEMS = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,12}", fullmatch=True).filter(
    lambda stem: not stem.endswith(SUFFIXES)
)
ROWS = st.lists(
    st.dictionaries(st.sampled_from(["check", "target", "zone", "a_1"]), st.text()),
    unique_by=lambda labels: frozenset(labels.items()),
    max_size=5,
)


@st.composite
def sheets(draw: st.DrawFn) -> Sheet:
    rows = draw(ROWS)
    stems = draw(st.lists(STEMS, unique=True, max_size=5))
    columns = []
    for index, stem in enumerate(stems):
        kind = draw(st.sampled_from(Kind))
        unit = draw(st.sampled_from(["", "seconds", "bytes"]))
        label = draw(st.sampled_from(["", "reason"]))
        # The index keeps names apart: `a` of seconds and `a_seconds` would be one.
        name = f"{stem}{index}" + f"_{unit}" * bool(unit) + "_total" * (kind is Kind.COUNTER)
        family = Family(
            name=name, kind=kind, help=draw(st.text()), key=f"k{index}", label=label, unit=unit
        )
        cell: st.SearchStrategy[Any] = CELLS[kind]
        cell = st.dictionaries(st.text(), cell, max_size=3) if label else cell
        cells = draw(st.lists(st.none() | cell, min_size=len(rows), max_size=len(rows)))
        columns.append(Column(family, cells))
    return Sheet(rows, columns)


def meaning(families: Iterable[Metric]) -> list[object]:
    """Families and samples in a form where NaN equals itself and 1 equals 1.0."""
    return [
        (
            family.name,
            family.type,
            family.documentation,
            family.unit,
            sorted(
                (sample.name, sorted(sample.labels.items()), repr(float(sample.value)))
                for sample in family.samples
            ),
        )
        for family in families
    ]


def expected(sheet: Sheet, dialect: Dialect) -> str:
    registry = CollectorRegistry()
    registry.register(sheet)
    return str(_GENERATORS[dialect](registry).decode())

"""Render tables as Prometheus text or OpenMetrics, in slices that others can run between."""

from collections.abc import Iterable, Iterator
from typing import Any

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.family import Family
from netwatch.exposition.header import header
from netwatch.exposition.labels import with_label
from netwatch.exposition.lines import WRITERS
from netwatch.exposition.table import Table

SLICE_LINES = 200
"""About a tenth of a millisecond, and well above the cost of giving way."""


def render(
    tables: Iterable[Table],
    dialect: Dialect,
    names: frozenset[str] = frozenset(),
    *,
    slice_lines: int = SLICE_LINES,
) -> Iterator[bytes]:
    """Yield the text of all families in slices of about `slice_lines` lines, each made when asked.

    The rows and their labels are those of the moment when the first slice is asked for; their
    values, those of the moment of their slice. A family without a series is left out. `names`,
    where there are any, select families: by their name or that of one of their samples
    (`foo`, `foo_total`, `foo_bucket`). OpenMetrics still needs its `# EOF` after all this.
    """
    snapshots = [(table.families, *table.snapshot()) for table in tables]
    lines: list[str] = []
    for families, label_sets, records in snapshots:
        for family in families:
            if names and not names & family.names:
                continue
            heading = _heading(family, dialect)
            write = WRITERS[family.kind]
            for labels, value in _series(family, label_sets, records):
                if heading:
                    lines.append(heading)
                    heading = ""
                write(lines, family.name, labels, value)
                if len(lines) >= slice_lines:
                    yield _encode(lines)
                    lines.clear()
    if lines:
        yield _encode(lines)


def _series(
    family: Family, label_sets: Iterable[str], records: Iterable[object]
) -> Iterator[tuple[str, Any]]:
    """Yield the written label set and the value of each series of a family."""
    for labels, record in zip(label_sets, records, strict=True):
        value = getattr(record, family.key, None)
        if value is None:
            continue
        if family.label:
            # A copy, because the record may count on between two slices.
            for label_value, part in tuple(value.items()):
                yield with_label(labels, family.label, label_value), part
        else:
            yield labels, value


def _heading(family: Family, dialect: Dialect) -> str:
    name = family.name if dialect is Dialect.TEXT else family.stem
    unit = "" if dialect is Dialect.TEXT else family.unit
    return header(dialect, name, family.kind, family.help, unit)


def _encode(lines: list[str]) -> bytes:
    # A name from the kernel may hold lone surrogates; it must not cost the whole scrape.
    return "".join(lines).encode(errors="replace")

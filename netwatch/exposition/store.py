"""All series of one scrape: tables for the many, a prometheus_client registry for the few."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Metric

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.foreign import ForeignFamilies
from netwatch.exposition.registry import render_registry
from netwatch.exposition.table import Table
from netwatch.exposition.text import render


class Store:
    """What /metrics shows. `registry` is for what has few series, and is shown after the tables.

    `series` is how many series the tables had in the last render of everything, for a gauge of
    the registry: then a scrape tells its own number. `foreign` is shown last.
    """

    def __init__(self, registry: CollectorRegistry, foreign: ForeignFamilies | None = None) -> None:
        self.registry = registry
        self._foreign = ForeignFamilies() if foreign is None else foreign
        self.series = 0
        self._tables: list[Table] = []

    def add(self, table: Table) -> None:
        """Show a table from the next scrape on.

        Raises ValueError where a name of its families is taken by another table or the registry.
        """
        self.registry.register(_Reservation(table))
        self._tables.append(table)

    def names(self) -> frozenset[str]:
        """Return all names that are ours at this moment: of families, and of their samples."""
        tabled = (family.names for table in self._tables for family in table.families)
        collected = (
            {metric.name, *(sample.name for sample in metric.samples)}
            for metric in self.registry.collect()
        )
        return frozenset().union(*tabled, *collected)

    def render(self, dialect: Dialect, names: frozenset[str] = frozenset()) -> Iterator[bytes]:
        """Yield a whole scrape in slices; see `text.render`, also for `names` (`name[]`)."""
        series = 0
        for text in render(self._tables, dialect, names):
            series += _count_samples(text)
            yield text
        if not names:
            self.series = series
        yield from render_registry(self.registry, dialect, names)
        yield from self._foreign.render(dialect, names)
        if dialect is Dialect.OPENMETRICS:
            yield b"# EOF\n"


@dataclass(frozen=True, eq=False)
class _Reservation:
    """Holds the names of a table in the registry, so that nobody else can take them."""

    table: Table

    def describe(self) -> Iterable[Metric]:
        return [Metric(family.stem, family.help, family.kind) for family in self.table.families]

    def collect(self) -> Iterable[Metric]:
        return ()


def _count_samples(text: bytes) -> int:
    """Count the lines that are not comments; no line break is inside of one."""
    return text.count(b"\n") - text.count(b"\n#") - text.startswith(b"#")

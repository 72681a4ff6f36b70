"""The series store: rows are what is counted, columns are metric families."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from netwatch.exposition.family import Family
from netwatch.exposition.labels import label_set


@dataclass(slots=True, eq=False)
class Row:
    """A written label set, and the object whose attributes count. Only its table makes one."""

    labels: str
    record: object


class Table:
    """Rows that share the same metric families; adding, relabelling and removing are O(1).

    The caller keeps label sets apart: two rows with equal ones are duplicate series, unless their
    records have no family in common.

    Raises ValueError for families that would share a sample name.
    """

    def __init__(self, families: Iterable[Family]) -> None:
        self.families = tuple(families)
        self._own_labels: set[str] = set()
        self._rows: dict[Row, None] = {}
        taken: set[str] = set()
        for family in self.families:
            if clash := taken & family.names:
                raise ValueError(f"{family.name}: {', '.join(sorted(clash))} is another family's")
            taken |= family.names
            self._own_labels |= family.own_labels

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def add(self, labels: Mapping[str, str], record: object) -> Row:
        """Show `record` from the next scrape on.

        Raises ValueError for what is no label name, or is a label of one of the families.
        """
        row = Row(self._written(labels), record)
        self._rows[row] = None
        return row

    def relabel(self, row: Row, labels: Mapping[str, str]) -> None:
        """Give a row other labels while its record counts on. Raises as `add` does."""
        row.labels = self._written(labels)

    def remove(self, row: Row) -> None:
        """Forget a row. Raises KeyError where it is not, or no longer, in this table."""
        del self._rows[row]

    def snapshot(self) -> tuple[list[str], list[object]]:
        """Return the label sets and the records of the rows of this moment, oldest first.

        A pair for each row would be thousands of objects for the garbage collector to look at.
        """
        return [row.labels for row in self._rows], [row.record for row in self._rows]

    def _written(self, labels: Mapping[str, str]) -> str:
        if clash := self._own_labels & labels.keys():
            raise ValueError(f"label {', '.join(sorted(clash))} is set by the metric families")
        return label_set(labels)

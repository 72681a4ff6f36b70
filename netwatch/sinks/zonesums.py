"""What is counted for a whole zone: the results of targets that are followed only for a turn.

Each of them would have series that come and go every few seconds. Together they are a few rows,
which stay for as long as the check is at work, so that their counters never begin anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from netwatch.exposition.family import Kind
from netwatch.exposition.table import Row, Table
from netwatch.model import Check
from netwatch.probe import Tally
from netwatch.sinks.durations import Durations, zone_labels


class ZoneSums:
    """The rows of one check."""

    def __init__(
        self,
        check: Check,
        tables: Sequence[Table],
        new_tally: Callable[[], Tally],
        durations: Durations,
    ) -> None:
        """`tables` are those in which a target of the check is shown."""
        self._check = check
        self._tables = tables
        self._new_tally = new_tally
        self._durations = durations
        self._tallies: dict[str, Tally] = {}
        self._rows: list[tuple[Table, Row]] = []

    def tally(self, zone: str) -> Tally:
        """Return what counts for the zone; it is shown from the first call on."""
        tally = self._tallies.get(zone)
        if tally is None:
            tally = self._tallies[zone] = self._new_tally()
            self._durations.join_zone(zone, tally)
            self._rows += [(table, self._show(table, zone, tally)) for table in self._tables]
        return tally

    def end(self) -> None:
        """Show nothing any more."""
        for table, row in self._rows:
            table.remove(row)

    def _show(self, table: Table, zone: str, tally: Tally) -> Row:
        sums = (Kind.COUNTER, Kind.SUMMARY)
        keys = frozenset(family.key for family in table.families if family.kind in sums)
        return table.add(zone_labels(self._check, zone), _Sums(tally, keys))


@dataclass(frozen=True, slots=True)
class _Sums:
    """Shows what adds up, and not what the latest result was: it may be of any node.

    The histogram is not shown either: it is that of the zone, which has a row of its own.
    """

    tally: Tally
    keys: frozenset[str]

    def __getattr__(self, key: str) -> object:
        if key in self.keys:
            return getattr(self.tally, key)
        raise AttributeError(key)

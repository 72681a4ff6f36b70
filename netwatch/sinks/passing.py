"""Shows the metrics of targets beside ours, as long as those targets can be read."""

from collections import Counter
from dataclasses import dataclass

from netwatch.exposition.family import Family, Kind
from netwatch.exposition.foreign import ForeignFamilies, Refusal
from netwatch.exposition.table import Row, Table
from netwatch.foreign import Passage
from netwatch.model import Result, Sink, Target
from netwatch.sinks.labels import labels_of

OUR_PAGE = "/metrics"

PASSED_FAMILIES = (
    Family(
        name="netwatch_passed_series",
        kind=Kind.GAUGE,
        help="Series of the target's own that are shown beside ours; absent while there are none.",
        key="series",
    ),
    Family(
        name="netwatch_passed_dropped",
        kind=Kind.GAUGE,
        help="What is not shown of the target's latest metrics: series, and lines (invalid).",
        key="dropped",
        label="reason",
    ),
)

_WORDS = {
    "invalid": "lines are no metrics",
    "duplicate": "series come twice",
    "limit": "series are beyond max_series",
    Refusal.NAME: "series have names of ours (see prefix)",
    Refusal.KIND: "series have names that another target uses otherwise (see prefix)",
    Refusal.LABELS: "series could be those of another target (see target_label)",
}


@dataclass(slots=True, eq=False)
class _Passed:
    """What a row tells of a target."""

    series: int
    dropped: Counter[str]


class PassingSink(Sink):
    """Keeps what the latest attempt at each target passed on; nothing once one fails to."""

    def __init__(self) -> None:
        self.ours = ForeignFamilies()
        """What is shown beside our own series."""
        self.table = Table(PASSED_FAMILIES)
        self._pages = {OUR_PAGE: self.ours}
        self._rows: dict[Target, tuple[Row, str]] = {}
        """The row of each target that passes something on, and the path of its page."""
        self._passed: dict[Target, _Passed] = {}

    def page(self, path: str) -> ForeignFamilies | None:
        """Return what is shown on a page other than ours; None where there is nothing."""
        return self._pages.get(path)

    def complaints(self) -> list[str]:
        """Say, for the page, what is not shown and why."""
        return [
            f"{target.check.name}: {target}: {number} {_WORDS[reason]}"
            for target, passed in self._passed.items()
            for reason, number in passed.dropped.items()
        ]

    def change(self, target: Target) -> None:
        if target in self._rows:
            self.table.relabel(self._rows[target][0], labels_of(target))

    def leave(self, target: Target) -> None:
        self._remove(target)

    def observe(self, result: Result) -> None:
        if result.passage is None:
            self._remove(result.target)
        else:
            self._put(result.target, result.passage)

    def _put(self, target: Target, passage: Passage) -> None:
        page = self._pages.setdefault(passage.path, ForeignFamilies())
        refused = page.put(target, passage)
        dropped = Counter[str](passage.dropped) + Counter[str](refused)
        series = sum(family.series for family in passage.families) - refused.total()
        passed = self._passed[target] = self._passed.get(target) or _Passed(0, dropped)
        passed.series, passed.dropped = series, dropped
        if target not in self._rows:
            self._rows[target] = self.table.add(labels_of(target), passed), passage.path

    def _remove(self, target: Target) -> None:
        if target not in self._rows:
            return
        row, path = self._rows.pop(target)
        del self._passed[target]
        self.table.remove(row)
        page = self._pages[path]
        page.remove(target)
        if not page and page is not self.ours:
            del self._pages[path]

"""Whose durations share a histogram: each target's own, all of a zone's, or none.

A histogram is some seventeen series. Where a check has many targets they share one per zone, which
a query that sums over targets does not notice. So do those that are only followed for a turn.
"""

from dataclasses import dataclass

from netwatch.exposition.histogram import Histogram
from netwatch.exposition.table import Row, Table
from netwatch.model import Check, Target
from netwatch.probe import Tally

MOST_OWN = 30
"""With `auto`, more targets than this share a histogram per zone."""


@dataclass(slots=True, eq=False)
class _Zone:
    histogram: Histogram
    row: Row
    members: int = 0


@dataclass(slots=True, eq=False)
class _Member:
    tally: Tally
    zone: str
    own: Histogram | None


@dataclass(slots=True, eq=False)
class _ZoneRecord:
    """A row that has nothing but the histogram, under the key that the probe's family names."""

    key: str
    histogram: Histogram

    def __getattr__(self, name: str) -> Histogram:
        if name == self.key:
            return self.histogram
        raise AttributeError(name)


class Durations:
    """The histograms of one check."""

    def __init__(self, check: Check, bounds: tuple[float, ...], key: str, table: Table) -> None:
        """`key` is where the table's family of durations looks in a record."""
        self._check = check
        self._bounds = bounds
        self._key = key
        self._table = table
        self._scope = check.histogram
        self._zones: dict[str, _Zone] = {}
        self._members: dict[Target, _Member] = {}

    def join(self, target: Target, tally: Tally) -> None:
        """Give the tally of a new target the histogram to count into."""
        if self._scope == "auto" and len(self._members) == MOST_OWN:
            self._share_from_now_on()
        member = _Member(tally, target.endpoint.zone, None)
        self._members[target] = member
        if self._scope == "zone":
            self._enter_zone(member)
        elif self._scope != "off":
            member.own = Histogram(self._bounds)
            tally.count_into(member.own, shown=True)

    def join_zone(self, zone: str, tally: Tally) -> None:
        """Give what counts for a whole zone its histogram, for as long as the check is at work."""
        if self._scope != "off":
            self._enter_zone(_Member(tally, zone, None))

    def change(self, target: Target) -> None:
        """The target may have moved to another zone."""
        member, zone = self._members[target], target.endpoint.zone
        if self._scope == "zone" and zone != member.zone:
            self._leave_zone(member)
            member.zone = zone
            self._enter_zone(member)
        member.zone = zone

    def leave(self, target: Target) -> None:
        """Forget a target; a zone's histogram goes with the last of its targets."""
        member = self._members.pop(target)
        if self._scope == "zone":
            self._leave_zone(member)

    def end(self) -> None:
        """Take back the histograms of the zones; all targets must have left."""
        for zone in self._zones.values():
            self._table.remove(zone.row)
        self._zones.clear()

    def _share_from_now_on(self) -> None:
        """Pour the histogram of each target into that of its zone, so that no count is lost."""
        self._scope = "zone"
        for member in self._members.values():
            self._enter_zone(member)
            if member.own is not None:
                self._zones[member.zone].histogram.merge(member.own)
                member.own = None

    def _enter_zone(self, member: _Member) -> None:
        zone = self._zones.get(member.zone)
        if zone is None:
            zone = self._zones[member.zone] = self._open_zone(member.zone)
        zone.members += 1
        member.tally.count_into(zone.histogram, shown=False)

    def _leave_zone(self, member: _Member) -> None:
        zone = self._zones[member.zone]
        zone.members -= 1
        if not zone.members:
            self._table.remove(zone.row)
            del self._zones[member.zone]

    def _open_zone(self, name: str) -> _Zone:
        histogram = Histogram(self._bounds)
        labels = zone_labels(self._check, name)
        return _Zone(histogram, self._table.add(labels, _ZoneRecord(self._key, histogram)))


def zone_labels(check: Check, zone: str) -> dict[str, str]:
    """Return the labels of what is counted for a zone, by whichever targets: those are empty."""
    own = {"check": check.name, "probe": check.probe, "target": "", "address": "", "zone": zone}
    return {**own, **dict(check.labels)}

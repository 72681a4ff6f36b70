"""Counts every result into the series of /metrics.

Rows of the store are targets, columns are the families that each probe declares. Rotating targets
share a row with the others of their zone. While a scrape is being rendered, settled batches wait,
so that the packet equation holds in every scrape.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from netwatch.exposition.family import Family, Kind
from netwatch.exposition.table import Row, Table
from netwatch.model import Batch, Check, Result, Sink, Status, Target, Transition
from netwatch.net.ping.tally import PingTally, count_batch
from netwatch.probe import AttemptOptions, ProbeOptions, Tally
from netwatch.sinks.durations import Durations
from netwatch.sinks.labels import labels_of
from netwatch.sinks.zonesums import ZoneSums
from netwatch.tally import ATTEMPT_FAMILIES, AttemptTally

TARGET_FAMILIES = (
    Family(
        name="netwatch_target_up",
        kind=Kind.GAUGE,
        help="Whether the target answers, after hysteresis; absent until that is known, and while "
        "the target is leaving.",
        key="up",
    ),
    Family(
        name="netwatch_target_state",
        kind=Kind.GAUGE,
        help="1 for the state the target is in: new, up, degraded, down or leaving.",
        key="state",
        label="state",
    ),
    # Not `node`: that is who measures, by a label which Prometheus adds.
    Family(
        name="netwatch_target_node",
        kind=Kind.GAUGE,
        help="1 for the node on which the target runs; absent where that is not known, and for "
        "nodes themselves.",
        key="node",
        label="target_node",
    ),
)
CHECK_FAMILIES = (
    Family(
        name="netwatch_check_interval_seconds",
        kind=Kind.GAUGE,
        help="Time between two attempts at a target of the check.",
        key="interval",
        unit="seconds",
    ),
    Family(
        name="netwatch_check_timeout_seconds",
        kind=Kind.GAUGE,
        help="After this an attempt of the check counts as failed.",
        key="timeout",
        unit="seconds",
    ),
)


@dataclass(slots=True, eq=False)
class _Standing:
    """What a target's row shows of its status."""

    target: Target
    status: Status = Status.NEW

    @property
    def up(self) -> int | None:
        is_known = self._shown not in {Status.NEW, Status.LEAVING}
        return int(self.status is not Status.DOWN) if is_known else None

    @property
    def state(self) -> dict[str, int]:
        return {self._shown: 1}

    @property
    def node(self) -> dict[str, int] | None:
        node = self.target.endpoint.node
        return {node: 1} if node else None

    @property
    def _shown(self) -> Status:
        return Status.LEAVING if self.target.endpoint.state == "leaving" else self.status


@dataclass(slots=True, eq=False)
class _Series:
    """All that /metrics has of one target: what it shows of its status, and its rows."""

    standing: _Standing
    rows: list[tuple[Table, Row]]


class PrometheusSink(Sink):
    """Keeps the series of all checks and targets in tables, ready to be rendered."""

    def __init__(self, probes: Mapping[str, type[ProbeOptions]]) -> None:
        self._probes = probes
        self._targets = Table(TARGET_FAMILIES)
        self._checks = Table(CHECK_FAMILIES)
        self._attempts = Table(ATTEMPT_FAMILIES)
        self._by_probe = {name: Table(probe.families) for name, probe in probes.items()}
        self._check_rows: dict[Check, Row] = {}
        self._durations: dict[Check, Durations] = {}
        self._zone_sums: dict[Check, ZoneSums] = {}
        self._series: dict[Target, _Series] = {}
        self._pings: dict[Target, PingTally] = {}
        self._attempted: dict[Target, AttemptTally] = {}
        self._waiting: list[Batch | Result | Transition] = []
        self._renders = 0

    @property
    def tables(self) -> tuple[Table, ...]:
        """What is to be rendered; the same tables for the sink's whole life."""
        return (self._targets, self._checks, self._attempts, *self._by_probe.values())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let results wait, while the tables are rendered in slices."""
        self._renders += 1
        try:
            yield
        finally:
            self._renders -= 1
            if not self._renders:
                self._catch_up()

    def begin(self, check: Check) -> None:
        labels = {"check": check.name, "probe": check.probe}
        self._check_rows[check] = self._checks.add(labels, check)
        probe = self._probes[check.probe]
        tables = self._tables_of(check)
        durations = Durations(check, probe.buckets, probe.histogram_key, tables[0])
        self._durations[check] = durations
        self._zone_sums[check] = ZoneSums(check, tables, probe.tally, durations)

    def end(self, check: Check) -> None:
        self._checks.remove(self._check_rows.pop(check))
        self._zone_sums.pop(check).end()
        self._durations.pop(check).end()

    def join(self, target: Target) -> None:
        if target.is_rotating:
            self._count_for_its_zone(target)
            return
        standing, tally = _Standing(target), self._probes[target.check.probe].tally()
        self._durations[target.check].join(target, tally)
        labels = labels_of(target)
        rows = [(self._targets, self._targets.add(labels, standing))]
        rows += [(table, table.add(labels, tally)) for table in self._tables_of(target.check)]
        self._series[target] = _Series(standing, rows)
        self._count_into(target, tally)

    def change(self, target: Target) -> None:
        if target.is_rotating:
            self._count_for_its_zone(target)
            return
        labels = labels_of(target)
        for table, row in self._series[target].rows:
            table.relabel(row, labels)
        self._durations[target.check].change(target)

    def leave(self, target: Target) -> None:
        self._pings.pop(target, None)
        self._attempted.pop(target, None)
        if not target.is_rotating:
            for table, row in self._series.pop(target).rows:
                table.remove(row)
            self._durations[target.check].leave(target)

    def take(self, batch: Batch) -> None:
        if self._renders:
            self._waiting.append(batch)
        else:
            self._count(batch)

    def observe(self, result: Result) -> None:
        if self._renders:
            self._waiting.append(result)
        else:
            self._count_attempt(result)

    def note(self, transition: Transition) -> None:
        if self._renders:
            self._waiting.append(transition)
        else:
            self._show(transition)

    def _tables_of(self, check: Check) -> tuple[Table, ...]:
        """Return where the tallies of its targets are shown; the durations are in the first."""
        own = self._by_probe[check.probe]
        makes_attempts = issubclass(self._probes[check.probe], AttemptOptions)
        return (self._attempts, own) if makes_attempts else (own,)

    def _count_for_its_zone(self, target: Target) -> None:
        self._count_into(target, self._zone_sums[target.check].tally(target.endpoint.zone))

    def _count_into(self, target: Target, tally: Tally) -> None:
        if isinstance(tally, PingTally):
            self._pings[target] = tally
        else:
            self._attempted[target] = tally

    def _catch_up(self) -> None:
        waiting, self._waiting = self._waiting, []
        for told in waiting:
            if isinstance(told, Batch):
                self._count(told)
            elif isinstance(told, Result):
                self._count_attempt(told)
            else:
                self._show(told)

    def _count(self, batch: Batch) -> None:
        tallies = [self._pings.get(target) for target in batch.targets]
        count_batch(batch, tallies)
        for target, oddity in batch.oddities:
            tally = self._pings.get(target)
            if tally is not None:
                tally.note(oddity)

    def _count_attempt(self, result: Result) -> None:
        tally = self._attempted.get(result.target)
        if tally is not None:
            tally.count(result)

    def _show(self, transition: Transition) -> None:
        series = self._series.get(transition.target)
        if series is not None:
            series.standing.status = transition.after

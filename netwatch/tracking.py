"""Every result passes here once: first the target's state, then all sinks."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from netwatch.attempt import turned_around
from netwatch.model import Batch, Check, Outcome, Result, Sink, Status, Target, Transition
from netwatch.state import Health, StateOptions


@dataclass(slots=True)
class _Tracked:
    health: Health
    since: float
    """Wall clock when the present status began."""
    streak_since: float
    """Wall clock when the present streak began."""
    own_trouble: str = ""
    """Why we could not measure the last time, through no fault of the target."""
    absence: str = ""
    """Why there is nothing to judge; it is over with the first other result."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why the results of the latest streak of failures failed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a target stands now: `since` is seconds since the epoch, `loss` a share of late."""

    target: Target
    status: Status
    since: float
    loss: float
    why: str


class Tracker:
    """Tells the sinks of targets, results and transitions."""

    def __init__(
        self,
        sinks: Sequence[Sink],
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
        *,
        complain: Callable[[str], None] = lambda _: None,
        relieve: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`now` is monotonic seconds, `wall` seconds since the epoch.

        `complain` is told, once per check, that we are not able to measure, and why; and `relieve`
        that this is over.
        """
        self._sinks = sinks
        self._now = now
        self._wall = wall
        self._options: dict[Check, StateOptions] = {}
        self._complain = complain
        self._relieve = relieve
        self._tracked: dict[Target, _Tracked] = {}
        self._unsteady: set[Target] = set()
        """Those to whose status one more success may matter."""
        self._troubled: dict[Check, set[Target]] = {}
        self.local_errors: Counter[str] = Counter()
        """Failures of our own, by check; they say nothing about a target."""

    def begin(self, check: Check, options: StateOptions) -> None:
        """A check is at work from now on."""
        self._options[check] = options
        for sink in self._sinks:
            sink.begin(check)

    def end(self, check: Check) -> None:
        """A check is over; all its targets must have left."""
        del self._options[check]
        self._troubled.pop(check, None)
        for sink in self._sinks:
            sink.end(check)

    def join(self, target: Target) -> None:
        """Follow a target from now on; one that is rotating is not judged."""
        if not target.is_rotating:
            wall = self._wall()
            self._unsteady.add(target)
            self._tracked[target] = _Tracked(Health(self._options[target.check]), wall, wall)
        for sink in self._sinks:
            sink.join(target)

    def change(self, target: Target) -> None:
        """The labels or the zone of a target changed."""
        for sink in self._sinks:
            sink.change(target)

    def leave(self, target: Target) -> None:
        """Forget a target."""
        self._tracked.pop(target, None)
        self._unsteady.discard(target)
        self._troubled.get(target.check, set()).discard(target)
        for sink in self._sinks:
            sink.leave(target)

    def standings(self) -> Iterator[Standing]:
        """How each target that is judged stands now."""
        for target, tracked in self._tracked.items():
            health, is_leaving = tracked.health, target.endpoint.state == "leaving"
            status = Status.LEAVING if is_leaving else health.status
            yield Standing(target, status, tracked.since, health.loss, _why(tracked))

    def take(self, batch: Batch) -> None:
        """Judge the results, and hand them on."""
        transitions = self._judge(batch)
        for sink in self._sinks:
            sink.take(batch)
            for transition in transitions:
                sink.note(transition)

    def observe(self, result: Result) -> None:
        """Judge one result, and hand it on."""
        transitions = self._judge(_batch_of(result))
        for sink in self._sinks:
            sink.observe(result)
            for transition in transitions:
                sink.note(transition)

    def _judge(self, batch: Batch) -> list[Transition]:
        unsteady = self._unsteady
        if batch.is_all_ok and unsteady.isdisjoint(batch.targets):
            return []  # nearly always
        found = []
        for row, (target, outcome) in enumerate(zip(batch.targets, batch.outcomes, strict=True)):
            if outcome is Outcome.OK and target not in unsteady:
                continue
            if outcome is Outcome.LOCAL:
                self.local_errors[target.check.name] += 1
            if target.is_rotating:
                continue
            if outcome is Outcome.LOCAL:
                self._take_own_trouble(target, batch.details.get(row, ""))
            elif outcome is Outcome.ABSENT:
                self._tracked[target].absence = batch.details.get(row, "")
                self._unsteady.add(target)  # the next result must be looked at
            elif transition := self._observe(target, batch, row):
                found.append(transition)
        return found

    def _take_own_trouble(self, target: Target, detail: str) -> None:
        check, tracked = target.check, self._tracked[target]
        tracked.own_trouble = detail or Outcome.LOCAL
        self._unsteady.add(target)  # the next result must be looked at
        troubled = self._troubled.setdefault(check, set())
        if not troubled:
            self._complain(f"{check.name}: our own trouble, its targets are not judged: {detail}")
        troubled.add(target)

    def _end_own_trouble(self, target: Target) -> None:
        self._tracked[target].own_trouble = ""
        troubled = self._troubled[target.check]
        troubled.discard(target)
        if not troubled:
            self._relieve(f"{target.check.name}: our own trouble is over")

    def _observe(self, target: Target, batch: Batch, row: int) -> Transition | None:
        tracked, duration = self._tracked[target], batch.durations[row]
        outcome, detail = batch.outcomes[row], batch.details.get(row, "")
        if target.check.expects_loss:
            outcome, detail = turned_around(outcome, detail)
        tracked.absence = ""
        if tracked.own_trouble:
            self._end_own_trouble(target)
        health, before = tracked.health, tracked.health.status
        failed = outcome is not Outcome.OK
        if _says_nothing(target, before, failed=failed):
            return None
        known = None if failed or math.isnan(duration) else duration
        after = health.observe(failed=failed, duration=known, now=self._now())
        # Where loss is expected an answer is the news, and must be looked at.
        if health.is_steady and not target.check.expects_loss:
            self._unsteady.discard(target)
        else:
            self._unsteady.add(target)
        if abs(health.streak) == 1:
            tracked.streak_since = batch.started[row]
        if health.streak == -1:
            tracked.reasons.clear()
        if failed:
            tracked.reasons[f"{outcome}: {detail}" if detail else outcome.value] += 1
        if after is before:
            return None
        by_quality = Status.DEGRADED in (before, after) and after is not Status.DOWN
        since = self._wall() if by_quality else tracked.streak_since
        # A streak may have begun before the status changed last, and the wall clock may step.
        lasted, tracked.since = max(since - tracked.since, 0.0), since
        return Transition(target, before, after, since, lasted, _why(tracked))


def _says_nothing(target: Target, status: Status, *, failed: bool) -> bool:
    """Whether a result is no news, by where its target stands in its life."""
    match target.endpoint.state:
        case "leaving":
            return True
        case "joining":
            return failed and status is Status.NEW
    return False


def _batch_of(result: Result) -> Batch:
    """Return the same as a batch, so that one set of rules judges all."""
    batch = Batch()
    duration = math.nan if result.duration is None else result.duration
    batch.add(
        result.target, result.started, result.outcome, duration=duration, detail=result.detail
    )
    return batch


def _why(tracked: _Tracked) -> str:
    health = tracked.health
    if tracked.own_trouble:
        return f"not measured: {tracked.own_trouble}"
    if tracked.absence:
        return f"absent: {tracked.absence}"
    if health.status is Status.DEGRADED:
        lossy = f"{health.loss:.0%} of the last results failed" if health.is_lossy else ""
        return ", ".join(filter(None, (lossy, "slow" if health.is_slow else "")))
    if health.status is Status.DOWN or health.streak < 0:
        return ", ".join(f"{reason} ({count})" for reason, count in tracked.reasons.most_common(3))
    return ""

"""What came of each turn: a bounded list of the worst pairs, and a log line for the silent ones.

The nodes that this one probes all the time have series and a state. Of all the others this is what
says which of them is slow, or does not answer: by name, and without a series for each.
"""

import logging
import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import fmean

from netwatch.model import Batch, Check, Outcome, Result, Sink, Target

LOG = logging.getLogger("netwatch.turns")

MOST_KEPT = 20
SILENT_AFTER = 3
"""So many failures, and no success, are worth a line in the log; one for each turn."""

_Pair = tuple[Check, tuple[str, str, int, int]]


@dataclass(slots=True, eq=False)
class Turn:
    """What the results of one turn of a target came to; durations in seconds."""

    target: Target
    latest: float = 0.0
    """Seconds since the epoch when the latest attempt was made."""
    attempts: int = 0
    """Those that failed by our own fault are not among them."""
    successes: int = 0
    durations: list[float] = field(default_factory=list)
    """What the successes took, as far as that is known."""
    reasons: Counter[str] = field(default_factory=Counter)
    """Why the others failed, in words."""

    @property
    def loss(self) -> float:
        """The share of attempts that failed."""
        return 1 - self.successes / self.attempts if self.attempts else 0.0

    @property
    def mean_seconds(self) -> float | None:
        """What a success took; None where that is not known."""
        return fmean(self.durations) if self.durations else None

    @property
    def why(self) -> str:
        """The most common reasons, with how often."""
        return ", ".join(f"{reason} ({count})" for reason, count in self.reasons.most_common(3))

    @property
    def badness(self) -> tuple[float, float]:
        """Of two turns the one with more of it is the worse: first by loss, then by duration."""
        return (self.loss, self.mean_seconds or 0.0)

    def count(self, started: float, outcome: Outcome, duration: float | None, detail: str) -> None:
        """Take in an attempt; the first few without a success are logged."""
        if outcome is Outcome.LOCAL:
            return
        self.latest = started
        self.attempts += 1
        if outcome is Outcome.OK:
            self.successes += 1
            self.durations += [] if duration is None else [duration]
        else:
            self.reasons[f"{outcome}: {detail}" if detail else outcome.value] += 1
        if self.attempts == SILENT_AFTER and not self.successes:
            check, target = self.target.check, self.target
            LOG.warning("%s: %s did not answer in its turn: %s", check.name, target, self.why)


class TurnsSink(Sink):
    """Keeps the worst turns of the latest rotation."""

    def __init__(self, wall: Callable[[], float] = time.time) -> None:
        """`wall` is seconds since the epoch."""
        self._wall = wall
        self._present: dict[Target, Turn] = {}
        self._past: dict[_Pair, Turn] = {}

    def worst(self) -> list[Turn]:
        """Return the worst turns that are over, the worst first; each pair's latest one."""
        self._forget_old()
        return sorted(self._past.values(), key=lambda turn: turn.badness, reverse=True)

    def end(self, check: Check) -> None:
        self._past = {pair: turn for pair, turn in self._past.items() if pair[0] is not check}

    def join(self, target: Target) -> None:
        if target.is_rotating:
            self._present[target] = Turn(target)

    def leave(self, target: Target) -> None:
        turn = self._present.pop(target, None)
        if turn and turn.attempts:
            self._past[target.check, target.endpoint.identity] = turn
            self._forget_old()
            if len(self._past) > MOST_KEPT:
                del self._past[min(self._past, key=lambda pair: self._past[pair].badness)]

    def take(self, batch: Batch) -> None:
        if not self._present:
            return
        for row, target in enumerate(batch.targets):
            if turn := self._present.get(target):
                detail = batch.details.get(row, "")
                duration = batch.durations[row]
                known = None if math.isnan(duration) else duration
                turn.count(batch.started[row], batch.outcomes[row], known, detail)

    def observe(self, result: Result) -> None:
        if turn := self._present.get(result.target):
            turn.count(result.started, result.outcome, result.duration, result.detail)

    def _forget_old(self) -> None:
        """Forget pairs that have missed their turn twice: who was not met again is gone."""
        now = self._wall()
        self._past = {
            pair: turn
            for pair, turn in self._past.items()
            if now - turn.latest < 2 * pair[0].rotation
        }

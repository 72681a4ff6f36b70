"""Sums up what a one-shot run measured, per target, for people and for machines."""

import math
from collections import Counter
from collections.abc import Sequence
from enum import Enum

from netwatch.model import Batch, Check, Outcome, Target, Transition
from netwatch.net.ping.tally import PingTally
from netwatch.stats import percentile

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


class Trouble(Enum):
    """What may be wrong with a target: in words for one, and for many."""

    OURS = ("could not be measured", "could not be measured")
    UNKNOWN = ("is not known yet", "are not known yet")
    SILENT = ("does not answer", "do not answer")
    LOSSY = ("loses packets", "lose packets")


class PingSummary:
    """All that one target's packets gave; durations in seconds."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.tally = PingTally()
        self.durations: list[float] = []
        self.reasons: Counter[str] = Counter()
        """Why packets failed, in words, the unsent ones too."""

    @property
    def loss(self) -> float | None:
        """Share of the sent packets that were not answered; None when none was sent."""
        sent = self.tally.sent
        return (sent - self.tally.received) / sent if sent else None

    @property
    def is_well(self) -> bool:
        """Whether every packet left and was answered."""
        return self.loss == 0 and not self.tally.unsent

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong; our own fault goes before the target's."""
        if Outcome.LOCAL in self.tally.errors or Outcome.LOCAL in self.tally.unsent:
            return Trouble.OURS
        if self.is_well:
            return None
        if not self.tally.sent and not self.tally.unsent:
            return Trouble.UNKNOWN  # stopped while all packets were in flight
        return Trouble.LOSSY if self.tally.received else Trouble.SILENT

    def figures(self) -> dict[str, float] | None:
        """Return min, mean, max, stddev and percentiles in seconds; None without replies."""
        ordered = sorted(self.durations)
        if not ordered:
            return None
        mean = math.fsum(ordered) / len(ordered)
        variance = math.fsum((value - mean) ** 2 for value in ordered) / len(ordered)
        ranks = {name: percentile(ordered, share) for name, share in PERCENTILES.items()}
        spread = {"max": ordered[-1], "stddev": math.sqrt(variance)}
        return {"min": ordered[0], "mean": mean, **ranks, **spread}


class SummarySink:
    """Keeps a summary per target, in the order in which they joined."""

    def __init__(self) -> None:
        self._summaries: dict[Target, PingSummary] = {}

    @property
    def summaries(self) -> Sequence[PingSummary]:
        return tuple(self._summaries.values())

    def begin(self, check: Check) -> None:
        pass

    def end(self, check: Check) -> None:
        pass

    def join(self, target: Target) -> None:
        self._summaries[target] = PingSummary(target)

    def change(self, target: Target) -> None:
        pass

    def leave(self, target: Target) -> None:
        pass

    def take(self, batch: Batch) -> None:
        for row, target in enumerate(batch.targets):
            summary, outcome, duration = (
                self._summaries[target],
                batch.outcomes[row],
                batch.durations[row],
            )
            summary.tally.settle(
                outcome, duration, batch.hop_limits[row], accepted=batch.accepted[row]
            )
            if not math.isnan(duration):
                summary.durations.append(duration)
            if outcome is not Outcome.OK:
                detail = batch.details.get(row)
                summary.reasons[f"{outcome}: {detail}" if detail else outcome.value] += 1
        for target, oddity in batch.oddities:
            self._summaries[target].tally.note(oddity)

    def note(self, transition: Transition) -> None:
        pass


def verdict(summaries: Sequence[PingSummary]) -> str:
    """Say in one sentence whether all is well, and what is not."""
    total = len(summaries)
    if not total:
        return "There is nothing to probe: no source names a target."
    count = Counter(summary.trouble for summary in summaries)
    if total == 1:
        (trouble,) = count
        return f"{summaries[0].target} {trouble.value[0] if trouble else 'answers'}."
    if count[None] == total:
        return f"All {total} targets answer."
    told = [
        f"{count[trouble]} of {total} targets {trouble.value[count[trouble] > 1]}"
        for trouble in Trouble
        if count[trouble]
    ]
    return f"{', '.join(told)}."


def exit_code(summaries: Sequence[PingSummary]) -> int:
    """Return 0 when all is well, 1 when something is not, 2 when we could not tell."""
    unable = (Trouble.OURS, Trouble.UNKNOWN)
    if not summaries or any(summary.trouble in unable for summary in summaries):
        return 2
    return 0 if all(summary.is_well for summary in summaries) else 1

"""Sums up what a one-shot run measured, per target, for people and for machines."""

import math
from collections import Counter
from collections.abc import Sequence

from netwatch.model import Batch, Check, Outcome, Target, Transition
from netwatch.net.ping.tally import PingTally
from netwatch.stats import percentile

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99}


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
    def is_silent(self) -> bool:
        """Whether nothing at all came back."""
        return not self.tally.received

    @property
    def is_our_fault(self) -> bool:
        """Whether something failed here that says nothing about the target."""
        return Outcome.LOCAL in self.tally.errors or Outcome.LOCAL in self.tally.unsent

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
    silent = [summary for summary in summaries if summary.is_silent]
    lossy = [summary for summary in summaries if not summary.is_silent and not summary.is_well]
    if total == 1 and (silent or lossy):
        return f"{summaries[0].target} {'does not answer' if silent else 'loses packets'}."
    if not silent and not lossy:
        return f"All {total} targets answer." if total > 1 else f"{summaries[0].target} answers."
    parts = (
        (len(silent), "does not answer", "do not answer"),
        (len(lossy), "loses packets", "lose packets"),
    )
    told = [
        f"{count} of {total} targets {one if count == 1 else many}"
        for count, one, many in parts
        if count
    ]
    return f"{', '.join(told)}."


def exit_code(summaries: Sequence[PingSummary]) -> int:
    """Return 0 when all is well, 1 when something is not, 2 when we could not tell."""
    if not summaries or any(summary.is_our_fault for summary in summaries):
        return 2
    return 0 if all(summary.is_well for summary in summaries) else 1

"""Sums up what a one-shot run measured, per target, for people and for machines."""

import math
from collections import Counter
from collections.abc import Sequence

from netwatch.attempt import turned_around
from netwatch.model import Batch, Outcome, Result, Sink, Target
from netwatch.net.ping.tally import PingTally
from netwatch.sinks.attempts import AttemptSummary
from netwatch.sinks.trouble import Trouble
from netwatch.stats import figures

_WELL = ("answers", "answer")
_WELL_WITHOUT = ("does not answer, as it should", "do not answer, as they should")

PING = "icmp"
"""The probe whose results come in batches; all others make attempts."""


class PingSummary:
    """All that one target's packets gave; durations in seconds."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.expects_loss = target.check.expects_loss
        self.tally = PingTally()
        self.durations: list[float] = []
        self.reasons: Counter[str] = Counter()
        """Why packets failed, in words, the unsent ones too; or did not, where they ought to."""

    def count(self, outcome: Outcome, detail: str) -> None:
        """Count why a packet did not fare as is expected, if it did not."""
        if self.expects_loss:
            outcome, detail = turned_around(outcome, detail)
        if outcome is not Outcome.OK:
            self.reasons[f"{outcome}: {detail}" if detail else outcome.value] += 1

    @property
    def well(self) -> tuple[str, str]:
        """What is said of one that is well, and of many."""
        return _WELL_WITHOUT if self.expects_loss else _WELL

    @property
    def loss(self) -> float | None:
        """Share of the sent packets that were not answered; None when none was sent."""
        sent = self.tally.sent
        return (sent - self.tally.received) / sent if sent else None

    @property
    def is_well(self) -> bool:
        """Whether every packet left and was answered, or none was where none ought to be."""
        if self.expects_loss:
            return self._has_settled and not self.reasons
        return self.loss == 0 and not self.tally.unsent

    @property
    def _has_settled(self) -> bool:
        return bool(self.tally.sent or self.tally.unsent)

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong; our own fault goes before the target's."""
        if Outcome.LOCAL in self.tally.errors or Outcome.LOCAL in self.tally.unsent:
            return Trouble.OURS
        if self.is_well:
            return None
        if not self._has_settled:
            return Trouble.UNKNOWN  # stopped while all packets were in flight
        if self.expects_loss:
            return Trouble.ANSWERING if self.tally.received else Trouble.FAILING
        return Trouble.LOSSY if self.tally.received else Trouble.SILENT

    def figures(self) -> dict[str, float] | None:
        """Return the figures of all round-trip times in seconds; None without replies."""
        return figures(self.durations)


Summary = PingSummary | AttemptSummary


class SummarySink(Sink):
    """Keeps a summary per target, in the order in which they joined."""

    def __init__(self) -> None:
        self._summaries: dict[Target, PingSummary] = {}
        self._attempts: dict[Target, AttemptSummary] = {}

    @property
    def pings(self) -> Sequence[PingSummary]:
        return tuple(self._summaries.values())

    @property
    def attempts(self) -> Sequence[AttemptSummary]:
        return tuple(self._attempts.values())

    @property
    def summaries(self) -> Sequence[Summary]:
        """All of them, those of pings first."""
        return (*self.pings, *self.attempts)

    def join(self, target: Target) -> None:
        if target.check.probe == PING:
            self._summaries[target] = PingSummary(target)
        else:
            self._attempts[target] = AttemptSummary(target)

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
            summary.count(outcome, batch.details.get(row, ""))
        for target, oddity in batch.oddities:
            self._summaries[target].tally.note(oddity)

    def observe(self, result: Result) -> None:
        self._attempts[result.target].count(result)


def verdict(summaries: Sequence[Summary]) -> str:
    """Say in one sentence whether all is well, and what is not."""
    total = len(summaries)
    if not total:
        return "There is nothing to probe: no source names a target."
    count = Counter(summary.trouble for summary in summaries)
    if total == 1:
        (only,) = summaries
        return f"{only.target} {only.trouble.value[0] if only.trouble else only.well[0]}."
    if count[None] == total:
        words = {summary.well[1] for summary in summaries}
        return f"All {total} targets {words.pop() if len(words) == 1 else 'are well'}."
    told = [
        f"{count[trouble]} of {total} targets {trouble.value[count[trouble] > 1]}"
        for trouble in Trouble
        if count[trouble]
    ]
    return f"{', '.join(told)}."


def exit_code(summaries: Sequence[Summary]) -> int:
    """Return 0 when all is well, 1 when something is not, 2 when we could not tell."""
    unable = (Trouble.OURS, Trouble.UNKNOWN)
    if not summaries or any(summary.trouble in unable for summary in summaries):
        return 2
    return 0 if all(summary.trouble in (None, Trouble.ABSENT) for summary in summaries) else 1

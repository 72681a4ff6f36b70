"""Sums up what the attempts of a one-shot run at one target gave."""

from collections import Counter
from typing import ClassVar

from netwatch.model import Outcome, Result, Target
from netwatch.sinks.trouble import Trouble
from netwatch.stats import figures
from netwatch.tally import AttemptTally


class AttemptSummary:
    """All that one target's attempts gave; times in seconds."""

    well: ClassVar[tuple[str, str]] = ("is well", "are well")

    def __init__(self, target: Target) -> None:
        self.target = target
        self.tally = AttemptTally()
        self.durations: list[float] = []
        self.reasons: Counter[str] = Counter()
        """Why attempts failed, in words."""
        self.latest: Result | None = None

    def count(self, result: Result) -> None:
        """Take in an attempt."""
        self.latest = result
        self.tally.count(result)
        if result.duration is not None:
            self.durations.append(result.duration)
        if result.outcome is not Outcome.OK:
            self.reasons[said(result)] += 1

    @property
    def is_well(self) -> bool:
        """Whether every attempt ended as expected."""
        return bool(self.tally.successes) and not self.tally.failures

    @property
    def trouble(self) -> Trouble | None:
        """What is wrong; our own fault goes before the target's."""
        if Outcome.LOCAL in self.tally.failures:
            return Trouble.OURS
        if self.is_well:
            return None
        if not self.tally.attempts:
            return Trouble.UNKNOWN  # stopped while the first was under way
        if self.tally.failures.get(Outcome.ABSENT) == self.tally.attempts:
            return Trouble.ABSENT
        return Trouble.UNSTEADY if self.tally.successes else Trouble.FAILING

    @property
    def phases(self) -> dict[str, float]:
        """The mean of each phase of the attempts that were well, in order."""
        return {name: phase.sum / phase.count for name, phase in self.tally.phases.items()}

    def figures(self) -> dict[str, float] | None:
        """Return the figures of all durations in seconds; None without a success."""
        return figures(self.durations)


def said(result: Result) -> str:
    """Say how an attempt ended: `refused: Connection refused (connect)`."""
    return f"{result.outcome}: {result.detail}" if result.detail else result.outcome.value

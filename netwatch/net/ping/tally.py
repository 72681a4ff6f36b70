"""What is counted of one target's packets, from the first on; pure.

sent = received + lost + errors at every moment, because `sent` is their sum: it counts what the
kernel accepted and what has settled since.
"""

import math

from netwatch.exposition.histogram import Histogram
from netwatch.model import Oddity, Outcome
from netwatch.stats import Window


class PingTally:
    """Counters and latest figures of one target; durations in seconds."""

    __slots__ = (
        "_durations",
        "_figures",
        "_hop_limit",
        "_window",
        "corrupt",
        "duplicate",
        "errors",
        "late",
        "lost",
        "received",
        "reordered",
        "rtt",
        "unsent",
    )

    def __init__(self) -> None:
        self.rtt: Histogram | None = None
        self._durations: Histogram | None = None
        self.received = self.lost = 0
        self.late = self.duplicate = self.corrupt = self.reordered = 0
        self.errors: dict[str, int] = {}
        self.unsent: dict[str, int] = {}
        self._hop_limit = 0
        self._window = Window()
        self._figures: tuple[float | None, ...] | None = None

    def settle(self, outcome: Outcome, duration: float, hop_limit: int, *, accepted: bool) -> None:
        """Count a settled packet; `duration` is NaN where there is none."""
        if outcome is Outcome.OK:
            self.received += 1
            self._hop_limit = hop_limit
            if self._durations is not None and not math.isnan(duration):
                self._durations.observe(duration)
        elif not accepted:
            self.unsent[outcome] = self.unsent.get(outcome, 0) + 1
            return
        elif outcome is Outcome.TIMEOUT:
            self.lost += 1
        else:
            self.errors[outcome] = self.errors.get(outcome, 0) + 1
        self._window.push(duration)
        self._figures = None

    def count_into(self, durations: Histogram, *, shown: bool) -> None:
        """Count round-trip times into this histogram; `rtt` is it only where it is the target's."""
        self._durations = durations
        self.rtt = durations if shown else None

    def note(self, oddity: Oddity) -> None:
        """Count what befell a packet beside its outcome."""
        setattr(self, oddity.value, getattr(self, oddity.value) + 1)

    @property
    def sent(self) -> int:
        return self.received + self.lost + sum(self.errors.values())

    @property
    def hop_limit(self) -> int | None:
        return self._hop_limit or None

    @property
    def rtt_min(self) -> float | None:
        return self._latest()[0]

    @property
    def rtt_max(self) -> float | None:
        return self._latest()[1]

    @property
    def rtt_mean(self) -> float | None:
        return self._latest()[2]

    @property
    def rtt_stddev(self) -> float | None:
        return self._latest()[3]

    def _latest(self) -> tuple[float | None, ...]:
        """Summarise the latest packets, once per change: a scrape asks four times."""
        if self._figures is None:
            self._figures = self._window.summary() or (None, None, None, None)
        return self._figures

"""What is counted of one target's packets, from the first on; pure.

sent = received + lost + errors at every moment, because `received` is what the others leave of
`sent`, which counts what the kernel accepted and what has settled since.
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence

from netwatch.exposition.histogram import Histogram
from netwatch.model import Batch, Oddity, Outcome
from netwatch.stats import WINDOW, summary


class PingTally:
    """Counters and latest figures of one target; durations in seconds."""

    __slots__ = (
        "_figures",
        "_figures_of",
        "corrupt",
        "duplicate",
        "durations",
        "errors",
        "late",
        "latest",
        "latest_hop_limit",
        "lost",
        "reordered",
        "rtt",
        "sent",
        "unsent",
    )

    def __init__(self) -> None:
        self.rtt: Histogram | None = None
        self.durations: Histogram | None = None
        """Where round-trip times are counted, perhaps with those of others."""
        self.sent = self.lost = 0
        self.late = self.duplicate = self.corrupt = self.reordered = 0
        self.errors: dict[str, int] = {}
        self.unsent: dict[str, int] = {}
        self.latest_hop_limit = 0
        self.latest = array("d", (math.nan,)) * WINDOW
        """Of the latest packets; one without a reply has its place as NaN."""
        self._figures: tuple[float | None, ...] = (None, None, None, None)
        self._figures_of = 0
        """How many packets had been sent when they were worked out."""

    def settle(self, outcome: Outcome, duration: float, hop_limit: int, *, accepted: bool) -> None:
        """Count a settled packet; `duration` is NaN where there is none."""
        if outcome is Outcome.OK:
            self.latest_hop_limit = hop_limit
            if self.durations is not None and not math.isnan(duration):
                self.durations.observe(duration)
        elif not accepted:
            self.unsent[outcome] = self.unsent.get(outcome, 0) + 1
            return
        elif outcome is Outcome.TIMEOUT:
            self.lost += 1
        else:
            self.errors[outcome] = self.errors.get(outcome, 0) + 1
        self.latest[self.sent % WINDOW] = duration
        self.sent += 1

    def count_into(self, durations: Histogram, *, shown: bool) -> None:
        """Count round-trip times into this histogram; `rtt` is it only where it is the target's."""
        self.durations = durations
        self.rtt = durations if shown else None

    def note(self, oddity: Oddity) -> None:
        """Count what befell a packet beside its outcome."""
        setattr(self, oddity.value, getattr(self, oddity.value) + 1)

    @property
    def received(self) -> int:
        return self.sent - self.lost - sum(self.errors.values())

    @property
    def hop_limit(self) -> int | None:
        return self.latest_hop_limit or None

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
        if self._figures_of != self.sent:
            self._figures_of = self.sent
            self._figures = summary(self.latest) or (None, None, None, None)
        return self._figures


def count_batch(batch: Batch, tallies: Sequence[PingTally | None]) -> None:
    """Count each packet into the tally of its row; None for what nobody counts."""
    counting = [tally for tally in tallies if tally is not None]
    if batch.is_plain and len(counting) == len(batch):
        _receive_all(counting, batch.durations, batch.hop_limits)
        return
    columns = (tallies, batch.outcomes, batch.durations, batch.hop_limits, batch.accepted)
    for tally, outcome, duration, hop_limit, accepted in zip(*columns, strict=True):
        if tally is not None:
            tally.settle(outcome, duration, hop_limit, accepted=accepted)


def _receive_all(
    tallies: Sequence[PingTally], durations: Sequence[float], hop_limits: Sequence[int]
) -> None:
    """Count an answered packet of each; the same as to `settle` them, and cheaper."""
    for tally, duration, hop_limit in zip(tallies, durations, hop_limits, strict=True):
        sent = tally.sent
        tally.sent = sent + 1
        tally.latest[sent % WINDOW] = duration
        tally.latest_hop_limit = hop_limit
    shared = {tally.durations for tally in tallies}
    if len(shared) == 1:
        _observe_all(shared.pop(), durations)
        return
    counted: defaultdict[Histogram | None, list[float]] = defaultdict(list)
    for tally, duration in zip(tallies, durations, strict=True):
        counted[tally.durations].append(duration)
    for histogram, its in counted.items():
        _observe_all(histogram, its)


def _observe_all(histogram: Histogram | None, durations: Sequence[float]) -> None:
    if histogram is not None:
        histogram.observe_all(durations)

"""From the results of one target to its status: hysteresis, without clock or input."""

from collections import deque
from typing import Annotated, Self

from pydantic import Field, model_validator

from netwatch.model import Status
from netwatch.options import Duration, Options, PositiveDuration

Ratio = Annotated[float, Field(ge=0, le=1)]

WINDOW = 30
"""How many of the latest results loss and latency are judged by."""
ENOUGH = 10
"""Fewer results than this say nothing about loss."""
LATENCY_RECOVERED = 0.8
"""Latency must fall to this share of its threshold before a target is well again."""


class StateOptions(Options):
    """When a target is up, degraded or down; count and duration must both be reached."""

    down_after: Annotated[int, Field(ge=1)] = 3
    """Failures in a row before `down`."""
    down_for: Duration = 1.0
    """How long that streak must have lasted."""
    up_after: Annotated[int, Field(ge=1)] = 3
    """Successes in a row before `up` again."""
    up_for: Duration = 1.0
    """How long that streak must have lasted."""
    degraded_loss: Ratio = 0.1
    """Share of failures among the last 30 results that makes a target `degraded`."""
    recovered_loss: Ratio = 0.04
    """The smaller share down to which it must fall to be `up` again."""
    degraded_latency: PositiveDuration | None = None
    """Mean duration of the last 30 results that makes a target `degraded`; off by default."""

    @model_validator(mode="after")
    def _does_not_flap(self) -> Self:
        if self.recovered_loss >= self.degraded_loss:
            raise ValueError(
                f"found recovered_loss {self.recovered_loss:g}, "
                f"expected less than degraded_loss, which is {self.degraded_loss:g}"
            )
        return self


class Health:
    """The status of one target, and the streak and window that it was judged by.

    Times are seconds of one monotonic clock, passed in.
    """

    __slots__ = (
        "_count",
        "_durations",
        "_failures",
        "_options",
        "began",
        "is_steady",
        "status",
        "streak",
    )

    def __init__(self, options: StateOptions) -> None:
        self._options = options
        self.status = Status.NEW
        self.streak = 0
        """Results of one kind in a row: failures below zero, successes above."""
        self.began = 0.0
        """When that streak began."""
        self._failures = 0  # a bit a result, the latest in the lowest
        self._count = 0
        self._durations: deque[float] = deque(maxlen=WINDOW)
        self.is_steady = False
        """Whether one more success would change nothing; it need not be observed then."""

    def observe(self, *, failed: bool, duration: float | None, now: float) -> Status:
        """Take in a result, `duration` None where it has none; return the status."""
        if (self.streak < 0) is not failed or not self.streak:
            self.streak = 0
            self.began = now
        self.streak += -1 if failed else 1
        self._failures = (self._failures << 1 | failed) & ((1 << WINDOW) - 1)
        self._count = min(self._count + 1, WINDOW)
        if duration is not None and self._options.degraded_latency is not None:
            self._durations.append(duration)
        self.status = self._judge(now)
        self.is_steady = (
            self.streak >= WINDOW
            and self.status is Status.UP
            and self._options.degraded_latency is None
        )
        return self.status

    @property
    def loss(self) -> float:
        """Share of failures among the latest results."""
        return self._failures.bit_count() / self._count if self._count else 0.0

    @property
    def is_lossy(self) -> bool:
        """Whether loss alone would keep or make a target `degraded`."""
        if self._count < ENOUGH:
            return False
        if self.status is Status.DEGRADED:
            return self.loss > self._options.recovered_loss
        return self.loss >= self._options.degraded_loss

    @property
    def is_slow(self) -> bool:
        """Whether latency alone would."""
        threshold = self._options.degraded_latency
        if threshold is None or len(self._durations) < ENOUGH:
            return False
        share = LATENCY_RECOVERED if self.status is Status.DEGRADED else 1
        return sum(self._durations) / len(self._durations) > threshold * share

    def _judge(self, now: float) -> Status:
        options, lasted = self._options, now - self.began
        if -self.streak >= options.down_after and lasted >= options.down_for:
            return Status.DOWN
        if self.status is Status.NEW:
            return Status.UP if self.streak > 0 else Status.NEW
        if self.status is Status.DOWN:
            return self._recover(lasted)
        return self._judge_quality()

    def _recover(self, lasted: float) -> Status:
        if self.streak < self._options.up_after or lasted < self._options.up_for:
            return Status.DOWN
        self._failures, self._count = 0, min(self.streak, WINDOW)  # the outage is over
        return Status.UP

    def _judge_quality(self) -> Status:
        return Status.DEGRADED if self.is_lossy or self.is_slow else Status.UP

"""From the results of one target to its status: hysteresis, as pure functions."""

from typing import Annotated

from pydantic import Field

from netwatch.options import Duration, Options, PositiveDuration

Ratio = Annotated[float, Field(ge=0, le=1)]


class StateOptions(Options):
    """When a target is up, degraded or down; streaks and durations must both be reached."""

    down_after: Annotated[int, Field(ge=1)] = 3
    """Failures in a row before `down`."""
    down_for: Duration = 2.0
    """How long the streak must last before `down`."""
    up_after: Annotated[int, Field(ge=1)] = 3
    """Successes in a row before `up` again."""
    up_for: Duration = 2.0
    """How long that streak must last."""
    degraded_loss: Ratio = 0.1
    """Share of the last 30 results that failed, from which on the target is `degraded`."""
    recovered_loss: Ratio = 0.04
    """Share of failures down to which it must fall to be `up` again."""
    degraded_latency: PositiveDuration | None = None
    """Mean duration of the last 30 results that makes a target `degraded`; off by default."""

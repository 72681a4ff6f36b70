"""Notices that the wall clock stepped: kernel stamps on both sides of a step cannot be compared."""

import time
from collections.abc import Callable

STEP_SECONDS = 0.001
"""A smaller step spoils a duration by less than that; slewing moves both clocks alike."""

_STEADY_SECONDS = 0.0001


class ClockWatch:
    """Compares the wall clock's pace with the monotonic clock's."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._offset: float | None = None
        self.steps = 0
        self.stepped()

    def stepped(self) -> bool:
        """Whether the wall clock was set since the last call."""
        before, wall, after = self._monotonic(), self._wall(), self._monotonic()
        if after - before > _STEADY_SECONDS:
            return False  # somebody else ran in between; the next call will tell
        known, offset = self._offset, wall - after
        if known is not None and abs(offset - known) <= STEP_SECONDS:
            return False
        self._offset = offset
        self.steps += known is not None
        return known is not None

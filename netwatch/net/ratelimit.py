"""So many in a time from each source, and no more: a token bucket for each."""

MOST_SOURCES = 10_000
"""More at once are turned away, so that forged addresses cannot fill the memory."""


class RateLimit:
    """Lets each source through once in `interval_seconds`, and `burst` times at once after a pause.

    A bucket is one number: when it will be full again (the generic cell rate algorithm, ITU-T
    I.371). Whoever has a full one need not be remembered.
    """

    def __init__(
        self, interval_seconds: float, burst: int, most_sources: int = MOST_SOURCES
    ) -> None:
        """An interval of 0 is no limit."""
        self._interval_seconds = interval_seconds
        self._full_in_seconds = interval_seconds * burst
        self._most_sources = most_sources
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        """How many sources are remembered."""
        return len(self._full_at)

    def admits(self, source: str, now: float) -> bool:
        """Take a token, if there is one; `now` is monotonic seconds."""
        if not self._interval_seconds:
            return True
        if source not in self._full_at and len(self) >= self._most_sources:
            self._forget_full(now)
            if len(self) >= self._most_sources:
                return False
        left_in_seconds = max(self._full_at.get(source, now) - now, 0.0) + self._interval_seconds
        # Sums of seconds are not exact: a token that comes in a nanosecond is there.
        if left_in_seconds > self._full_in_seconds + 1e-9:
            return False
        self._full_at[source] = now + left_in_seconds
        return True

    def _forget_full(self, now: float) -> None:
        self._full_at = {source: at for source, at in self._full_at.items() if at > now}

"""So many requests in a time, whoever sends them: `rate_limit` of the web configuration file."""


class RequestLimit:
    """A token bucket for all together, as one number: when it will be full again (GCRA, I.371)."""

    def __init__(self, interval_seconds: float, burst: int) -> None:
        """An interval of 0 is no limit."""
        self._interval = interval_seconds
        self._full_in = interval_seconds * burst
        self._full_at = 0.0

    def admits(self, now: float) -> bool:
        """Take a token, if there is one; `now` is monotonic seconds."""
        left_in = max(self._full_at - now, 0.0) + self._interval
        # Sums of seconds are not exact: a token that comes in a nanosecond is there.
        if left_in > self._full_in + 1e-9:
            return False
        self._full_at = now + left_in
        return True

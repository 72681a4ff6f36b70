"""So many a second from each source, and no more: a token bucket for each."""

MOST_SOURCES = 10_000
"""More at once are turned away, so that forged addresses cannot fill the memory."""


class RateLimit:
    """Lets each source through `per_second` times a second, and as often at once after a second.

    A bucket is one number: when it will be full again (the generic cell rate algorithm, ITU-T
    I.371). Whoever has a full one need not be remembered.
    """

    def __init__(self, per_second: float, most_sources: int = MOST_SOURCES) -> None:
        self._seconds_each = 1 / per_second
        self._most_sources = most_sources
        self._full_at: dict[str, float] = {}

    def __len__(self) -> int:
        """How many sources are remembered."""
        return len(self._full_at)

    def admits(self, source: str, now: float) -> bool:
        """Take a token, if there is one; `now` is monotonic seconds."""
        if source not in self._full_at and len(self) >= self._most_sources:
            self._forget_full(now)
            if len(self) >= self._most_sources:
                return False
        full_at = max(self._full_at.get(source, now), now) + self._seconds_each
        if full_at > now + 1:
            return False
        self._full_at[source] = full_at
        return True

    def _forget_full(self, now: float) -> None:
        self._full_at = {source: at for source, at in self._full_at.items() if at > now}

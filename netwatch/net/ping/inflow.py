"""How much comes in that nobody awaits: no flood may fill the buffer between two looks; pure."""

LEAST_SECONDS = 0.005
"""Two messages within a microsecond are no flood."""


class Inflow:
    """What comes beyond the replies awaited, a second, as far as the latest looks tell."""

    def __init__(self, now: float) -> None:
        """`now` is monotonic seconds."""
        self.per_second = 0.0
        self._looked = now

    def observe(self, messages: int, now: float) -> None:
        """Take in how many came since the last look.

        They may be fewer than before because the buffer was full, so the rate falls slowly.
        """
        seconds = max(now - self._looked, LEAST_SECONDS)
        self.per_second = max(messages / seconds, self.per_second / 2)
        self._looked = now

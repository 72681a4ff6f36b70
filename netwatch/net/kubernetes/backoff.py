"""How long to wait before the next attempt: longer each time, and never as others do."""

import random
from collections.abc import Callable

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0


class BackOff:
    """Doubles from one second to a minute, each wait between half of it and all.

    `random` returns numbers in [0, 1).
    """

    def __init__(
        self,
        random: Callable[[], float] = random.random,  # noqa: S311 - spreads load, guards nothing
    ) -> None:
        self._random = random
        self._next_seconds = FIRST_SECONDS

    @property
    def is_at_its_beginning(self) -> bool:
        """Whether nobody has had to wait since all was well."""
        return self._next_seconds == FIRST_SECONDS

    def next(self) -> float:
        """Return how many seconds to wait now."""
        seconds = self._next_seconds
        self._next_seconds = min(2 * seconds, LONGEST_SECONDS)
        return seconds * (1 + self._random()) / 2

    def reset(self) -> None:
        """Begin with a second again: all was well for a while."""
        self._next_seconds = FIRST_SECONDS

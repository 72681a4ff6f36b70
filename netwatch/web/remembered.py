"""Answers that are remembered for a while, so many of them; pure: time is an argument."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """For each key what was said of it last; all are kept equally long."""

    def __init__(self, seconds: float, most: int) -> None:
        self._seconds = seconds
        self._most = most
        self._found: dict[bytes, tuple[float, T]] = {}

    def get(self, key: bytes, now: float) -> T | None:
        """Return what is remembered, None for nothing; `now` is monotonic seconds."""
        until, value = self._found.get(key, (now, None))
        return value if now < until else None

    def put(self, key: bytes, value: T, now: float) -> None:
        """Remember it from now on; the oldest is forgotten where there are too many."""
        self._found.pop(key, None)
        if len(self._found) >= self._most:
            del self._found[next(iter(self._found))]
        self._found[key] = (now + self._seconds, value)

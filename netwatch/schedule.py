"""Phase and beat: starts are spread, sends do not drift, and missed beats do not pile up."""

import heapq
import itertools
import math
import zlib
from collections.abc import Hashable
from typing import Generic, TypeVar

Member = TypeVar("Member", bound=Hashable)


def stable_phase(key: str) -> float:
    """Return where in its interval `key` has its beat, as a share in [0, 1): always the same."""
    return zlib.crc32(key.encode()) / 2**32


def next_beat(now: float, interval: float, phase: float) -> float:
    """Return the first time at or after `now` that is `phase` (a share) into its interval."""
    offset = phase * interval
    return math.ceil((now - offset) / interval) * interval + offset


def _beat_after(now: float, due: float, interval: float) -> float:
    """Return the first beat after `now` of what was due at `due`, now or before."""
    beat = due + math.floor((now - due) / interval) * interval + interval
    return beat if beat > now else beat + interval  # the quotient was rounded down


class Beats(Generic[Member]):
    """Who is due when; times are seconds of any monotonic clock, passed in."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, float, Member]] = []
        self._order = itertools.count()  # decides between equal times, and never compares members
        self._live: dict[Member, int] = {}

    def __len__(self) -> int:
        return len(self._live)

    def add(self, member: Member, first: float, interval: float) -> None:
        """Make `member` due at `first` and at every `interval` after."""
        order = self._live[member] = next(self._order)
        heapq.heappush(self._heap, (first, order, interval, member))

    def discard(self, member: Member) -> None:
        """Forget `member`, whether or not it is here; its beat leaves the heap when it comes."""
        self._live.pop(member, None)

    def next_due(self) -> float:
        """Return when the next member is due; infinity if there is none."""
        self._drop_dead()
        return self._heap[0][0] if self._heap else math.inf

    def take_due(self, now: float, most: int) -> list[tuple[float, Member]]:
        """Return up to `most` members that are due, each with its time, and plan their next beat.

        A member whose further beats have passed as well is due once, not once for each.
        """
        taken: list[tuple[float, Member]] = []
        while len(taken) < most and self.next_due() <= now:
            due, order, interval, member = self._heap[0]
            taken.append((due, member))
            heapq.heapreplace(
                self._heap, (_beat_after(now, due, interval), order, interval, member)
            )
        return taken

    def _drop_dead(self) -> None:
        while self._heap and self._live.get(self._heap[0][3]) != self._heap[0][1]:
            heapq.heappop(self._heap)

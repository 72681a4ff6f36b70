"""Phase and beat: starts are spread, sends do not drift, and missed beats do not pile up."""

import heapq
import itertools
import math
import zlib
from collections import deque
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


def until_beat(now: float, interval: float) -> float:
    """Return how long it is to the next multiple of `interval`, where others have their beat too.

    A process that sleeps in between finds its caches cold: what wakes it is what costs.
    """
    return interval - now % interval


def _beat_after(now: float, due: float, interval: float) -> float:
    """Return the first beat after `now` of what was due at `due`, now or before."""
    beat = due + math.floor((now - due) / interval) * interval + interval
    return beat if beat > now else beat + interval  # the quotient was rounded down


class _Group(Generic[Member]):
    """Members with one beat: they are due together, each interval anew."""

    def __init__(self, due: float, interval: float) -> None:
        self.due = due
        self.interval = interval
        self.members: dict[Member, None] = {}
        self.waiting: deque[Member] = deque()
        """Those of this beat that were not taken yet."""

    @property
    def key(self) -> tuple[float, float]:
        """Same key, same beat: nobody notices a microsecond."""
        return (self.interval, round(self.due, 6))


class Beats(Generic[Member]):
    """Who is due when; times are seconds of any monotonic clock, passed in.

    Members with the same beat share one entry of the heap, so many of them cost little.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, _Group[Member]]] = []
        self._order = itertools.count()  # decides between equal times, and never compares groups
        self._groups: dict[tuple[float, float], _Group[Member]] = {}
        self._group_of: dict[Member, _Group[Member]] = {}

    def __len__(self) -> int:
        return len(self._group_of)

    def add(self, member: Member, first: float, interval: float) -> None:
        """Make `member` due at `first` and at every `interval` after."""
        self.discard(member)
        group = _Group[Member](first, interval)
        known = self._groups.get(group.key)
        if known is None or known.waiting:  # its beat has begun without the member
            known = self._groups[group.key] = group
            heapq.heappush(self._heap, (first, next(self._order), group))
        known.members[member] = None
        self._group_of[member] = known

    def discard(self, member: Member) -> None:
        """Forget `member`, whether or not it is here; an empty group leaves when its beat comes."""
        group = self._group_of.pop(member, None)
        if group is not None:
            del group.members[member]

    def next_due(self) -> float:
        """Return when the next member is due; infinity if there is none."""
        while self._heap and not self._heap[0][2].members:
            self._forget(heapq.heappop(self._heap)[2])
        return self._heap[0][0] if self._heap else math.inf

    def take_due(self, now: float, most: int) -> list[tuple[float, Member]]:
        """Return up to `most` members that are due, each with its time, and plan their next beat.

        A member whose further beats have passed as well is due once, not once for each.
        """
        taken: list[tuple[float, Member]] = []
        while len(taken) < most and self.next_due() <= now:
            group = self._heap[0][2]
            if not group.waiting:
                group.waiting.extend(group.members)
            while group.waiting and len(taken) < most:
                member = group.waiting.popleft()
                if self._group_of.get(member) is group:
                    taken.append((group.due, member))
            if not group.waiting:
                self._plan(group, now)
        return taken

    def _plan(self, group: _Group[Member], now: float) -> None:
        """Move the group at the top of the heap to its next beat."""
        self._forget(group)
        group.due = _beat_after(now, group.due, group.interval)
        self._groups.setdefault(group.key, group)
        heapq.heapreplace(self._heap, (group.due, next(self._order), group))

    def _forget(self, group: _Group[Member]) -> None:
        if self._groups.get(group.key) is group:
            del self._groups[group.key]

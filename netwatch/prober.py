"""Makes the attempts at all targets of the agent but pings, each on its beat, so many at a time."""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from netwatch.attempt import BugLog, Memory, Probe, make_attempt
from netwatch.model import Result, Target
from netwatch.schedule import Beats, next_beat, stable_phase
from netwatch.stats import WorstRecent

CONCURRENCY = 500
"""Attempts under way at once: each may hold a socket or two, and many systems allow 1,024."""
SHORTEST_SLEEP_SECONDS = 0.002
"""What is due within it begins together: uvloop's clock has milliseconds, and wakes too early."""

Note = Callable[[str], None]
"""Is told each step of one attempt, in words."""


def unwatched(_: Target) -> Note:
    """Watch no attempt."""
    return lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPlan:
    """How and how often a target is probed; times in seconds."""

    probe: Probe
    interval: float
    timeout: float
    expects_failure: bool = False


@dataclass(slots=True, eq=False)
class _Probed:
    """A target on its beat; `remaining` counts down to its last attempt, None never does."""

    target: Target
    plan: AttemptPlan
    remaining: int | None
    task: asyncio.Task[None] | None = None
    """The attempt that is under way, or waits for its slot."""
    memory: Memory = field(default_factory=Memory)


class Prober:
    """Keeps targets on their beat, and never makes two attempts at one of them at once.

    A beat that comes while an attempt is under way is skipped.
    """

    def __init__(
        self,
        deliver: Callable[[Result], None],
        now: Callable[[], float] = time.monotonic,
        *,
        concurrency: int = CONCURRENCY,
        watch: Callable[[Target], Note] = unwatched,
    ) -> None:
        """`deliver` takes each result; `now` is monotonic seconds.

        `watch` is asked at the start of each attempt for who is told its steps.
        """
        self._deliver = deliver
        self._now = now
        self._watch = watch
        self._slots = asyncio.Semaphore(concurrency)
        self._beats: Beats[_Probed] = Beats()
        self._probed: dict[Target, _Probed] = {}
        self._unfinished: set[_Probed] = set()
        self._changed = asyncio.Event()
        self._all_done = asyncio.Event()
        self._bugs = BugLog()
        self.lag = WorstRecent()
        """How late attempts begin, also for want of a slot: it is in no target's duration."""

    def add(
        self,
        target: Target,
        plan: AttemptPlan,
        *,
        first: float | None = None,
        count: int | None = None,
    ) -> None:
        """Probe `target` from `first` on (monotonic seconds), `count` times or until removed.

        Without `first` the target has its place in the interval by its name: the same after a
        restart, and spread over the interval among others.
        """
        if first is None:
            first = next_beat(self._now(), plan.interval, stable_phase(_key(target)))
        probed = self._probed[target] = _Probed(target, plan, count)
        self._unfinished.add(probed)
        self._beats.add(probed, first, plan.interval)
        self._all_done.clear()
        self._changed.set()

    def remove(self, target: Target) -> None:
        """Stop probing `target`: its attempt is cancelled, and nothing more is delivered of it."""
        probed = self._probed.pop(target)
        self._beats.discard(probed)
        if probed.task:
            probed.task.cancel()
        self._finish(probed)

    async def run(self) -> NoReturn:
        """Keep the beat until cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._start_due(group)
                rest = self._beats.next_due() - self._now()
                await self._sleep(max(rest, SHORTEST_SLEEP_SECONDS))

    async def all_done(self) -> None:
        """Wait until every target that was added with a count has had all its attempts."""
        await self._all_done.wait()

    def _start_due(self, group: asyncio.TaskGroup) -> None:
        for due, probed in self._beats.take_due(self._now(), len(self._beats)):
            if probed.task is None:
                self._count_down(probed)
                name = f"{probed.target.check.name} {probed.target}"
                probed.task = group.create_task(self._attempt(probed, due), name=name)
        if not self._unfinished:
            self._all_done.set()

    def _count_down(self, probed: _Probed) -> None:
        if probed.remaining is not None:
            probed.remaining -= 1
            if not probed.remaining:
                self._beats.discard(probed)

    async def _attempt(self, probed: _Probed, due: float) -> None:
        plan, target = probed.plan, probed.target
        try:
            async with self._slots:
                now = self._now()
                self.lag.observe(now - due, now)
                result = await make_attempt(
                    plan.probe,
                    target,
                    plan.timeout,
                    note=self._watch(target),
                    expects_failure=plan.expects_failure,
                    bugs=self._bugs,
                    memory=probed.memory,
                )
        finally:
            probed.task = None
        if self._probed.get(target) is probed:  # it may have left at the last moment
            self._deliver(result)
            if probed.remaining == 0:
                self._finish(probed)

    def _finish(self, probed: _Probed) -> None:
        self._unfinished.discard(probed)
        if not self._unfinished:
            self._all_done.set()

    async def _sleep(self, seconds: float) -> None:
        """Sleep until the next beat, or until there is another one."""
        self._changed.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds if seconds < math.inf else None):
                await self._changed.wait()


def _key(target: Target) -> str:
    endpoint = target.endpoint
    return f"{target.check.name}/{endpoint.name}/{endpoint.address}/{endpoint.port}"

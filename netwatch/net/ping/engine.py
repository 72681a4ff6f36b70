"""Pings all targets of the agent, each on its beat, from a few sockets.

With kernel time stamps it does not matter when a reply is read. So nothing wakes per packet: the
engine ticks while packets are in flight or due, drains its sockets on each tick, and sleeps
otherwise. What is due together is sent in paces, so that replies never outrun the socket's buffer.
"""

import asyncio
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, NoReturn, Self

from netwatch.model import Batch, ProbeError, Target
from netwatch.net.ping.clock import ClockWatch
from netwatch.net.ping.cohort import Cohort
from netwatch.net.ping.line import ChannelCounts, Line, LineOptions, Lines
from netwatch.net.ping.opening import ChannelError, ChannelOptions, keep_stamps_on, open_socket
from netwatch.net.ping.volley import Volley
from netwatch.schedule import Beats, next_beat, stable_phase
from netwatch.stats import WorstRecent

GRID_SECONDS = 0.5
"""Beats fall on multiples of this."""
SHORTEST_TICK_SECONDS = 0.005
STAMPS_ON_SECONDS = 0.05
"""Until the kernel stamps what it receives, once somebody asked it to."""
MOST_COHORTS = 1000
"""Begin their beat in one tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PingOptions:
    """How to ping a target; durations in seconds, size in payload bytes."""

    interval: float = 1.0
    timeout: float = 1.0
    size: int = 56
    ttl: int = 64
    dscp: int = 0
    dont_fragment: bool = False
    source_address: str = ""
    interface: str = ""

    def line(self, family: int) -> LineOptions:
        """Return what the line needs that such pings use."""
        channel = ChannelOptions(
            family=family,
            ttl=self.ttl,
            dscp=self.dscp,
            dont_fragment=self.dont_fragment,
            source_address=self.source_address,
            interface=self.interface,
            payload_bytes=self.size,
        )
        return LineOptions(channel, self.timeout)


class _Key(NamedTuple):
    """What targets must agree in to be pinged together.

    `place` is their place in the interval, or where there is one, their own first beat.
    """

    line: LineOptions
    interval: float
    place: float
    beats: int | None


class Pinger:
    """The one owner of the ICMP sockets; close it, or use it as a context manager."""

    def __init__(
        self,
        deliver: Callable[[Batch], None],
        now: Callable[[], float] = time.monotonic,
        *,
        longest_tick: float = 0.5,
    ) -> None:
        """`deliver` takes what settled in a tick; `now` is monotonic seconds.

        `longest_tick` is how long (in seconds) a reply may wait to be read where there is room.
        """
        self._deliver = deliver
        self._now = now
        self._longest_tick = longest_tick
        self.ready = -math.inf
        """From then on (monotonic seconds) the kernel stamps what it receives."""
        self._beats: Beats[Cohort] = Beats()
        self._cohorts: dict[_Key, Cohort] = {}
        self._cohort_of: dict[Target, Cohort] = {}
        self._lines = Lines(now)
        self._clock = ClockWatch(monotonic=now)
        self._wake: asyncio.Future[None] | None = None
        self._all_done = asyncio.Event()
        self.lag = WorstRecent()

    def __enter__(self) -> Self:
        self._keeper = keep_stamps_on()
        self.ready = self._now() + STAMPS_ON_SECONDS
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._keeper.close()

    @staticmethod
    def check_privilege() -> None:
        """Raise ChannelError if no ICMP socket can be opened; PrivilegeError has the remedies."""
        try:
            open_socket(ChannelOptions(family=4)).close()
        except ChannelError:
            open_socket(ChannelOptions(family=6)).close()

    @property
    def counts(self) -> ChannelCounts:
        """What befell our sockets since the start."""
        return self._lines.counts

    @property
    def stamps_sends(self) -> bool | None:
        """Whether the kernel tells when a request left; None before the first was sent."""
        return self._lines.stamps_sends

    @property
    def clock_steps(self) -> int:
        """How often the wall clock was set since the start."""
        return self._clock.steps

    def add(
        self,
        target: Target,
        options: PingOptions,
        *,
        first: float | None = None,
        count: int | None = None,
    ) -> None:
        """Ping `target` from `first` on (monotonic seconds), `count` times or until removed.

        Without `first` the target has its place in the interval by its name: the same after a
        restart, and spread over the interval among others.
        """
        line = options.line(target.endpoint.family)
        if first is None:
            phase = _phase(target, options.interval)
            first = next_beat(max(self._now(), self.ready), options.interval, phase)
            key = _Key(line, options.interval, phase, None)
        else:
            key = _Key(line, options.interval, first, count)
        cohort = self._cohorts.get(key)
        if cohort is None or cohort.remaining != count:  # its first beat was without the target
            cohort = self._cohorts[key] = Cohort(line, count)
            self._beats.add(cohort, first, options.interval)
        cohort.add(target)
        self._cohort_of[target] = cohort
        self._lines.reserve(line)
        self._all_done.clear()
        self._wake_up()

    def remove(self, target: Target) -> None:
        """Stop pinging `target`, and settle nothing more for it."""
        cohort = self._cohort_of.pop(target)
        cohort.discard(target)
        if not cohort:
            self._beats.discard(cohort)
            self._cohorts = {key: kept for key, kept in self._cohorts.items() if kept is not cohort}
        self._lines.release(cohort.options)

    def look(self) -> None:
        """Read the sockets now, for whoever waits for one reply, and not when it is due."""
        self._wake_up()

    async def run(self) -> NoReturn:
        """Keep the beat until cancelled."""
        while True:
            self._tick()
            await self._sleep(self._next_wake() - self._now())

    async def all_done(self) -> None:
        """Wait until every target that was added with a count has all its packets settled."""
        await self._all_done.wait()

    def _tick(self) -> None:
        if self._clock.stepped():
            self._lines.distrust_stamps()
        for line in self._lines:
            self._hand_on(line.settle())
        self._begin_beats()
        for line in self._lines:
            if line.backlog:
                self.lag.observe(self._now() - line.backlog.due, self._now())
                line.send_some()
                self._hand_on(line.ledger.take_batch())
        if self._is_all_done():
            self._all_done.set()

    def _begin_beats(self) -> None:
        """Let wait at their lines what is due now, and hand on what cannot be sent."""
        unsent = Batch()
        for due, cohort in self._beats.take_due(self._now(), MOST_COHORTS):
            cohort.count_down()
            if cohort.remaining == 0:
                self._beats.discard(cohort)
            volley = cohort.volley(lambda *why: _refuse(unsent, *why))
            line = volley and (cohort.line or self._open_line(cohort, volley, unsent))
            if line:
                line.backlog.add(volley, due)
        self._hand_on(unsent)

    def _hand_on(self, batch: Batch) -> None:
        if batch:
            self._deliver(batch)

    def _open_line(self, cohort: Cohort, volley: Volley, unsent: Batch) -> Line | None:
        """Find the way to the targets; where there is none, their packets are unsent."""
        try:
            cohort.line = self._lines.get(cohort.options)
        except ProbeError as error:
            for flow in volley.flows:
                _refuse(unsent, flow.target, error)
        return cohort.line

    def _is_all_done(self) -> bool:
        return all(cohort.remaining == 0 for cohort in self._cohorts.values()) and not any(
            line.is_busy for line in self._lines
        )

    def _next_wake(self) -> float:
        """Return when to tick next: for a send, a timeout, or before a buffer could fill."""
        wake = self._beats.next_due()
        now = self._now()
        for line in self._lines:
            if line.backlog:
                wake = now
            wake = min(wake, line.next_look(self._longest_tick))
        return max(wake, now + SHORTEST_TICK_SECONDS)

    async def _sleep(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._wake = loop.create_future()
        timer = loop.call_later(seconds, self._wake_up) if seconds < math.inf else None
        try:
            await self._wake
        finally:
            if timer:
                timer.cancel()

    def _wake_up(self) -> None:
        if self._wake and not self._wake.done():
            self._wake.set_result(None)


def _phase(target: Target, interval: float) -> float:
    """Return the share of the interval at which the target has its beat: always the same.

    It is one of few, so that many targets are due together and go out in one system call.
    """
    endpoint = target.endpoint
    places = max(round(interval / GRID_SECONDS), 1)
    share = stable_phase(f"{target.check.name}/{endpoint.name}/{endpoint.address}")
    return math.floor(share * places) / places


def _refuse(unsent: Batch, target: Target, error: ProbeError) -> None:
    unsent.add(target, time.time(), error.outcome, detail=error.detail, accepted=False)

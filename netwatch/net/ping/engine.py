"""Pings all targets of the agent, each on its beat, from a few sockets.

With kernel time stamps it does not matter when a reply is read. So nothing wakes per packet: the
engine ticks while packets are in flight or due, drains its sockets on each tick, and sleeps
otherwise. What is due together is sent in paces, so that replies never outrun the socket's buffer.
"""

import asyncio
import ipaddress
import math
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn, Self

from netwatch.model import Batch, Endpoint, Outcome, ProbeError, Target
from netwatch.net.ping.clock import ClockWatch
from netwatch.net.ping.epoch import Flow
from netwatch.net.ping.line import ChannelCounts, Line, LineOptions, Lines
from netwatch.net.ping.opening import ChannelError, ChannelOptions, keep_stamps_on, open_socket
from netwatch.net.ping.sockaddr import sockaddr
from netwatch.schedule import Beats, next_beat, stable_phase
from netwatch.stats import WorstRecent

GRID_SECONDS = 0.05
"""Beats fall on multiples of this."""
SHORTEST_TICK_SECONDS = 0.005
ROOM_SECONDS = 0.1
"""In this time no more replies than are in flight come in, as far as pacing goes."""
STAMPS_ON_SECONDS = 0.05
"""Until the kernel stamps what it receives, once somebody asked it to."""
MOST_PACKETS = 1000
"""Sent in one tick, whatever room the sockets have."""


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


@dataclass(slots=True, eq=False)
class _Pinged:
    """A target on its beat; `remaining` counts down to its last packet, None never does."""

    flow: Flow
    options: LineOptions
    remaining: int | None
    line: Line | None = None
    """Open from the first send on."""

    @property
    def is_done(self) -> bool:
        return self.remaining == 0 and not self.flow.in_flight


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
        self._beats: Beats[_Pinged] = Beats()
        self._pinged: dict[Target, _Pinged] = {}
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
        pinged = _Pinged(_flow(target), options.line(target.endpoint.family), count)
        if first is None:
            earliest = max(self._now(), self.ready)
            first = next_beat(earliest, options.interval, _phase(target, options.interval))
        self._pinged[target] = pinged
        self._lines.reserve(pinged.options)
        self._beats.add(pinged, first, options.interval)
        self._all_done.clear()
        self._wake_up()

    def remove(self, target: Target) -> None:
        """Stop pinging `target`, and settle nothing more for it."""
        pinged = self._pinged.pop(target)
        pinged.flow.is_gone = True
        self._beats.discard(pinged)
        self._lines.release(pinged.options)

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
        self._send_due()
        if all(pinged.is_done for pinged in self._pinged.values()):
            self._all_done.set()

    def _send_due(self) -> None:
        """Send what is due, and hand on what was refused."""
        now = self._now()
        pace = min((line.pace_packets for line in self._lines), default=MOST_PACKETS)
        due = self._beats.take_due(now, min(pace, MOST_PACKETS))
        if not due:
            return
        self.lag.observe(now - due[0][0], now)
        unsent = Batch()
        flows: dict[Line, list[Flow]] = {}
        for _, pinged in due:
            if pinged.remaining is not None:
                self._count_down(pinged)
            line = pinged.line or self._open_line(pinged, unsent)
            if line is not None:
                flows.setdefault(line, []).append(pinged.flow)
        self._hand_on(unsent)
        for line, its_flows in flows.items():
            line.send(its_flows)
            self._hand_on(line.ledger.take_batch())

    def _hand_on(self, batch: Batch) -> None:
        if batch:
            self._deliver(batch)

    def _count_down(self, pinged: _Pinged) -> None:
        if pinged.remaining is not None:
            pinged.remaining -= 1
            if not pinged.remaining:
                self._beats.discard(pinged)

    def _open_line(self, pinged: _Pinged, unsent: Batch) -> Line | None:
        """Find the way to a target; where there is none, its packet is unsent."""
        target = pinged.flow.target
        try:
            pinged.flow.name = _name(target.endpoint)
            pinged.line = self._lines.get(pinged.options)
        except ProbeError as error:
            unsent.add(target, time.time(), error.outcome, detail=error.detail, accepted=False)
        return pinged.line

    def _next_wake(self) -> float:
        """Return when to tick next: for a send, a timeout, or before a buffer could fill."""
        wake = self._beats.next_due()
        now = self._now()
        for line in self._lines:
            if line.ledger.in_flight:
                full = ROOM_SECONDS * line.pace_packets / line.ledger.in_flight
                wake = min(wake, line.ledger.next_deadline(), now + min(full, self._longest_tick))
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


def _flow(target: Target) -> Flow:
    address = target.endpoint.address.partition("%")[0]
    return Flow(target, ipaddress.ip_address(address).packed if address else b"")


def _name(endpoint: Endpoint) -> bytes:
    """Return the `struct sockaddr`; raise ProbeError if there is none, or not its interface."""
    address, _, zone = endpoint.address.partition("%")
    if not address:
        raise ProbeError(Outcome.RESOLVE, endpoint.problem)
    try:
        scope = socket.if_nametoindex(zone) if zone else 0
    except OSError:
        raise ProbeError(Outcome.UNREACHABLE, f"no interface {zone}") from None
    return sockaddr(ipaddress.ip_address(address).packed, scope)

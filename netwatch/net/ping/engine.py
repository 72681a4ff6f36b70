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
from netwatch.net.ping.channel import Address
from netwatch.net.ping.clock import ClockWatch
from netwatch.net.ping.ledger import Flow
from netwatch.net.ping.line import ChannelCounts, Lines
from netwatch.net.ping.opening import ChannelError, ChannelOptions, open_socket
from netwatch.schedule import Beats, next_beat, stable_phase
from netwatch.stats import WorstRecent

SHORTEST_TICK_SECONDS = 0.005
LONGEST_TICK_SECONDS = 0.1
PACE_PACKETS = 100
"""Most packets sent, and replies awaited, between two looks at the sockets: under half of what
the buffer of a process without CAP_NET_ADMIN holds (net.core.rmem_max of 212,992 bytes)."""


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

    def channel(self, family: int) -> ChannelOptions:
        """Return what a socket for such pings needs."""
        return ChannelOptions(
            family=family,
            ttl=self.ttl,
            dscp=self.dscp,
            dont_fragment=self.dont_fragment,
            source_address=self.source_address,
            interface=self.interface,
        )


@dataclass(slots=True, eq=False)
class _Pinged:
    """A target on its beat; `remaining` counts down to its last packet, None never does."""

    flow: Flow
    options: PingOptions
    remaining: int | None

    @property
    def is_done(self) -> bool:
        return self.remaining == 0 and not self.flow.in_flight


class Pinger:
    """The one owner of the ICMP sockets; close it, or use it as a context manager."""

    def __init__(
        self, deliver: Callable[[Batch], None], now: Callable[[], float] = time.monotonic
    ) -> None:
        """`deliver` takes what settled in a tick; `now` is monotonic seconds."""
        self._deliver = deliver
        self._now = now
        self._beats: Beats[_Pinged] = Beats()
        self._pinged: dict[Target, _Pinged] = {}
        self._lines = Lines(now)
        self._clock = ClockWatch(monotonic=now)
        self._wake: asyncio.Future[None] | None = None
        self._all_done = asyncio.Event()
        self.lag = WorstRecent()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()

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
        endpoint = target.endpoint
        pinged = _Pinged(_flow(target, options), options, count)
        if first is None:
            key = f"{target.check.name}/{endpoint.name}/{endpoint.address}"
            first = next_beat(self._now(), options.interval, stable_phase(key))
        self._pinged[target] = pinged
        self._lines.reserve(options.channel(endpoint.family))
        self._beats.add(pinged, first, options.interval)
        self._all_done.clear()
        self._wake_up()

    def remove(self, target: Target) -> None:
        """Stop pinging `target`, and settle nothing more for it."""
        pinged = self._pinged.pop(target)
        pinged.flow.is_gone = True
        self._beats.discard(pinged)
        self._lines.release(pinged.options.channel(target.endpoint.family))

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
        self._settle()
        now = self._now()
        unsent = Batch()
        for due, pinged in self._beats.take_due(now, PACE_PACKETS):
            self.lag.observe(now - due, now)
            self._send(pinged, unsent)
        for refused in (unsent, *(line.ledger.take_batch() for line in self._lines)):
            if refused:
                self._deliver(refused)
        if all(pinged.is_done for pinged in self._pinged.values()):
            self._all_done.set()

    def _settle(self) -> None:
        for line in self._lines:
            batch = line.settle()
            if batch:
                self._deliver(batch)

    def _send(self, pinged: _Pinged, unsent: Batch) -> None:
        if pinged.remaining is not None:
            pinged.remaining -= 1
            if not pinged.remaining:
                self._beats.discard(pinged)
        target = pinged.flow.target
        try:
            destination = _destination(target.endpoint)
            line = self._lines.get(pinged.options.channel(target.endpoint.family))
        except ProbeError as error:
            unsent.add(target, time.time(), error.outcome, detail=error.detail, accepted=False)
        else:
            line.send(pinged.flow, destination)

    def _next_wake(self) -> float:
        """Return when to tick next: for a send, a timeout, or before a buffer could fill."""
        wake = self._beats.next_due()
        now = self._now()
        for line in self._lines:
            if line.ledger.in_flight:
                full = LONGEST_TICK_SECONDS * PACE_PACKETS / line.ledger.in_flight
                wake = min(wake, line.ledger.next_deadline(), now + min(full, LONGEST_TICK_SECONDS))
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


def _flow(target: Target, options: PingOptions) -> Flow:
    address = target.endpoint.address.partition("%")[0]
    packed = ipaddress.ip_address(address).packed if address else b""
    return Flow(target, packed, address, options.size, options.timeout)


def _destination(endpoint: Endpoint) -> Address:
    """Return the socket address; raise ProbeError if there is none, or not its interface."""
    address, _, zone = endpoint.address.partition("%")
    if not address:
        raise ProbeError(Outcome.RESOLVE, endpoint.problem)
    if endpoint.family == 4:  # noqa: PLR2004
        return (address, 0)
    try:
        return (address, 0, 0, socket.if_nametoindex(zone) if zone else 0)
    except OSError:
        raise ProbeError(Outcome.UNREACHABLE, f"no interface {zone}") from None

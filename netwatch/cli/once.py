"""Composes a one-shot run: the agent's sources, resolver and engine, for a counted number."""

import asyncio
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from netwatch.endpoint import Endpoint, Snapshot, Source
from netwatch.model import Batch, Check, Result, Sink, Target
from netwatch.net.ping.engine import Pinger
from netwatch.net.resolver import Resolver
from netwatch.probe import Engines, Following, ProbeOptions, Services
from netwatch.prober import Note, Prober, unwatched
from netwatch.resolution import Lookup, ResolveOptions, with_literal_address

RESOLVE_SECONDS = 5.0
SOURCE_SECONDS = 5.0
SHOW_SECONDS = 0.2
LOOK_SECONDS = 0.05
"""How often replies are read, at least: somebody waits for them."""
SPREAD_SECONDS = 0.01
"""Between the first packets to two targets, so that many of them do not make a burst."""


class _Over(Exception):  # noqa: N818  # no error: it is how the run ends
    """All is measured, or the user has seen enough."""


class SourceFailedError(Exception):
    """A source has no targets to give."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A target, and how to probe it; the same options for all targets of a check."""

    target: Target
    options: ProbeOptions


@dataclass(frozen=True, slots=True)
class _FirstWord:
    """A Publisher that keeps what it is told first."""

    said: "asyncio.Future[Snapshot]"

    def publish(self, snapshot: Snapshot, *, still_fails: bool = False) -> None:
        del still_fails
        if not self.said.done():
            self.said.set_result(snapshot)

    def fail(self, why: str) -> None:
        if not self.said.done():
            self.said.set_exception(SourceFailedError(why))


async def first_snapshot(source: Source) -> Snapshot:
    """Return what a source says first. Raises SourceFailedError where it fails, or says nothing."""
    said: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(source.run(_FirstWord(said)), name="source")
        await asyncio.wait([said], timeout=SOURCE_SECONDS)
        task.cancel()
    if not said.done():
        raise SourceFailedError(f"no answer within {SOURCE_SECONDS:.0f} seconds")
    return said.result()


async def resolved(endpoints: Sequence[Endpoint], options: ResolveOptions | None) -> Snapshot:
    """Return the endpoints with addresses; a name that has none stays, with its problem.

    Without options all names stay.
    """
    resolver = Resolver()
    endpoints = [with_literal_address(endpoint) for endpoint in endpoints]
    if options is None:
        return tuple({endpoint.identity: endpoint for endpoint in endpoints}.values())
    names = {endpoint.host for endpoint in endpoints if not endpoint.address}
    lookups = {name: Lookup(name, options) for name in names}
    async with asyncio.TaskGroup() as group:
        for lookup in lookups.values():
            group.create_task(_look_up(resolver, lookup), name=f"resolve {lookup.host}")
    found: list[Endpoint] = []
    for endpoint in endpoints:
        found += [endpoint] if endpoint.address else lookups[endpoint.host].apply(endpoint)
    return tuple({endpoint.identity: endpoint for endpoint in found}.values())


async def _look_up(resolver: Resolver, lookup: Lookup) -> None:
    try:
        async with asyncio.timeout(RESOLVE_SECONDS):
            await lookup.ask(resolver.resolve)
    except TimeoutError:
        lookup.fail(f"{lookup.host}: no answer within {RESOLVE_SECONDS:.0f} seconds")


async def probe(
    assignments: Sequence[Assignment],
    count: int | None,
    sinks: Sequence[Sink],
    show: Callable[[], None] | None = None,
    *,
    watch: Callable[[Target], Note] = unwatched,
) -> None:
    """Probe all targets `count` times (0: until Ctrl-C, None: as often as the probe is wont to).

    The sinks are told, `show` is called every `SHOW_SECONDS`, and `watch` is for attempts. Raises
    PrivilegeError. Ctrl-C and SIGTERM end it early; what has settled by then has been told.
    """

    def tell(batch: Batch) -> None:
        for sink in sinks:
            sink.take(batch)

    def tell_one(result: Result) -> None:
        for sink in sinks:
            sink.observe(result)

    if any(assignment.options.needs_icmp for assignment in assignments):
        Pinger.check_privilege()
    _announce(assignments, sinks)
    with Pinger(tell, longest_tick=LOOK_SECONDS) as pinger:
        prober = Prober(tell_one, watch=watch)
        _begin(Engines(pinger, prober, Services(Resolver().resolve)), assignments, count)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pinger.run(), name="pinger")
                group.create_task(prober.run(), name="prober")
                group.create_task(_end_at_a_signal(), name="signals")
                if show:
                    group.create_task(_repeat(show), name="progress")
                group.create_task(_end_when_done(pinger, prober), name="end")
        except* (_Over, BrokenPipeError):
            pass  # who reads our output may have seen enough, too


def _announce(assignments: Sequence[Assignment], sinks: Sequence[Sink]) -> None:
    for sink in sinks:
        for check in dict.fromkeys(assignment.target.check for assignment in assignments):
            sink.begin(check)
        for assignment in assignments:
            sink.join(assignment.target)


def _begin(engines: Engines, assignments: Sequence[Assignment], count: int | None) -> None:
    followings: dict[Check, Following] = {}
    now = time.monotonic()
    for number, assignment in enumerate(assignments):
        target, options = assignment.target, assignment.options
        if target.check not in followings:
            followings[target.check] = options.follow(engines)
        start = max(now, engines.pinger.ready) if options.needs_icmp else now
        spread = min(SPREAD_SECONDS, options.interval / len(assignments))
        wanted = options.usual_count if count is None else count
        first = start + number * spread
        followings[target.check].join(target, first=first, count=wanted or None)


async def _end_when_done(pinger: Pinger, prober: Prober) -> NoReturn:
    await pinger.all_done()
    await prober.all_done()
    raise _Over


async def _end_at_a_signal() -> NoReturn:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    raise _Over


async def _repeat(show: Callable[[], None]) -> NoReturn:
    while True:
        show()
        await asyncio.sleep(SHOW_SECONDS)

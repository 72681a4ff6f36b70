"""Host names become addresses here, before any probe: on a schedule, by TTL.

The stage stands between a source and its check. What needs no name server passes at once; every
name has a task of its own that asks again and again, so that a slow or dead name stops no other.
A name that does not resolve is a visible target with a problem.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, NoReturn

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.model import Outcome, ProbeError
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed
from netwatch.options import Options
from netwatch.wire.hostname import parse_address

PATIENCE_SECONDS = 1.0  # a name without an answer is shown as unresolved after this
GATHER_SECONDS = 0.1  # answers that come within this are published together
MIN_TTL_SECONDS, MAX_TTL_SECONDS = 5.0, 300.0
MIN_RETRY_SECONDS, MAX_RETRY_SECONDS = 5.0, 60.0
JITTER = 0.1  # the share of a wait that is added at random, so that agents do not ask as one
CONCURRENCY = 100
# Names that failed last time may take long again; in a lane of their own they hold up no other.
RETRY_CONCURRENCY = 10

Resolve = Callable[[str], Awaitable[Answer]]
"""Asks for the addresses of a host name.

Raises NameUnknown or ResolverFailed, and ProbeError (LOCAL) where the trouble is our own.
"""


class ResolveOptions(Options):
    """Which addresses of a host name a check uses."""

    family: Literal["any", "prefer_ipv6", "ipv4", "ipv6", "both"] = "any"
    """`any` is IPv4 where there is one, else IPv6, and `prefer_ipv6` the other way round; `both`
    follows each family on its own."""
    addresses: Literal["first", "all"] = "first"
    """One address per family, or every one of them."""

    @property
    def families(self) -> tuple[int, ...]:
        """The families that may be used, the preferred one first."""
        return {"prefer_ipv6": (6, 4), "ipv4": (4,), "ipv6": (6,)}.get(self.family, (4, 6))

    @property
    def falls_back(self) -> bool:
        """Whether a name without an address of the preferred family is used by the other one."""
        return self.family in ("any", "prefer_ipv6")

    def choose(self, known: dict[int, tuple[str, ...]]) -> tuple[tuple[str, int], ...]:
        """Return those addresses, each with its family, of the known ones of each family."""
        found = [family for family in self.families if known.get(family)]
        used = found[:1] if self.falls_back else found
        count = 1 if self.addresses == "first" else None
        return tuple((address, family) for family in used for address in known[family][:count])


@dataclass(slots=True, eq=False)
class Lookup:
    """What is known of one name: `chosen` addresses, or a `problem`, or neither yet.

    `blame` is what a problem is told as: that of the name, or of ourselves.
    """

    host: str
    options: ResolveOptions
    chosen: tuple[tuple[str, int], ...] = ()
    problem: str = ""
    blame: Outcome = Outcome.RESOLVE
    wait_seconds: float = 0.0
    failures: int = 0
    task: asyncio.Task[NoReturn] | None = None
    _known: dict[int, tuple[str, ...]] = field(default_factory=dict)

    async def ask(self, resolve: Resolve) -> None:
        """Ask once, and take whatever comes of it."""
        try:
            self.learn(await resolve(self.host))
        except NameUnknown as error:
            self.forget(str(error))
        except ResolverFailed as error:
            self.fail(str(error))
        except ProbeError as error:
            self.fail(error.detail, error.outcome)

    def learn(self, answer: Answer) -> None:
        """Take an answer; a family that no server would tell of stays as it was."""
        answered = {4: answer.ipv4, 6: answer.ipv6}
        for family, addresses in answered.items():
            if addresses is not None:
                self._known[family] = _in_lasting_order(self._known.get(family, ()), addresses)
        self.chosen = self.options.choose(self._known)
        if self.chosen:
            self.problem, self.failures = "", 0
            self.wait_seconds = min(max(answer.ttl_seconds, MIN_TTL_SECONDS), MAX_TTL_SECONDS)
        elif any(answered[family] is None for family in self.options.families):
            self.fail(answer.problem)
        else:
            self.fail(f"{self.host}: no address (family: {self.options.family})")

    def forget(self, problem: str) -> None:
        """Take the word of a server that there is no address."""
        self._known, self.chosen = {}, ()
        self.fail(problem)

    def fail(self, problem: str, blame: Outcome = Outcome.RESOLVE) -> None:
        """Take that there was no answer: the last good addresses stay in use."""
        if not self.chosen:
            self.problem, self.blame = problem, blame
        self.wait_seconds = min(MIN_RETRY_SECONDS * 2 ** min(self.failures, 9), MAX_RETRY_SECONDS)
        self.failures += 1

    def apply(self, endpoint: Endpoint) -> Iterator[Endpoint]:
        """Yield what becomes of `endpoint`: nothing as long as nothing is known."""
        if self.problem:
            ours = self.blame is Outcome.LOCAL
            yield replace(endpoint, problem=self.problem, is_our_fault=ours)
        fixed = not self.options.falls_back
        for address, family in self.chosen:
            yield replace(endpoint, address=address, family=family, is_family_fixed=fixed)


class Resolving:
    """Passes on what it is told, with addresses filled in, to `take`.

    `random` returns numbers in [0, 1).
    """

    def __init__(
        self,
        take: Callable[[Snapshot], None],
        resolve: Resolve,
        options: ResolveOptions,
        *,
        random: Callable[[], float] = random.random,  # noqa: S311 - spreads load, guards nothing
    ) -> None:
        self._take = take
        self._resolve = resolve
        self._options = options
        self._random = random
        self._snapshot: Snapshot = ()
        self._lookups: dict[str, Lookup] = {}
        self._group: asyncio.TaskGroup | None = None
        self._changed = asyncio.Event()
        self._lane = asyncio.Semaphore(CONCURRENCY)
        self._retry_lane = asyncio.Semaphore(RETRY_CONCURRENCY)

    def publish(self, snapshot: Snapshot) -> None:
        """Pass the snapshot on: at once if every address is known, else as they become known."""
        self._snapshot = tuple(map(with_literal_address, snapshot))
        hosts = dict.fromkeys(e.host for e in self._snapshot if not e.address)
        for host in self._lookups.keys() - hosts.keys():
            if task := self._lookups.pop(host).task:
                task.cancel()
        for host in hosts:
            if host not in self._lookups:
                self._lookups[host] = lookup = Lookup(host, self._options)
                self._start(lookup)
        if all(lookup.chosen or lookup.problem for lookup in self._lookups.values()):
            self._pass_on()
        else:
            self._changed.set()

    async def run(self) -> NoReturn:
        """Resolve and publish until cancelled."""
        async with asyncio.TaskGroup() as self._group:
            for lookup in self._lookups.values():
                self._start(lookup)
            while True:
                await self._changed.wait()
                self._changed.clear()
                self._pass_on()
                await asyncio.sleep(GATHER_SECONDS)

    def _start(self, lookup: Lookup) -> None:
        if self._group:
            lookup.task = self._group.create_task(
                self._follow(lookup), name=f"resolve {lookup.host}"
            )

    async def _follow(self, lookup: Lookup) -> NoReturn:
        loop = asyncio.get_running_loop()
        patience = loop.call_later(PATIENCE_SECONDS, self._lose_patience, lookup)
        try:
            while True:
                before = (lookup.chosen, lookup.problem)
                async with self._retry_lane if lookup.failures else self._lane:
                    await lookup.ask(self._resolve)
                patience.cancel()
                if before != (lookup.chosen, lookup.problem):
                    self._changed.set()
                await asyncio.sleep(lookup.wait_seconds * (1 + JITTER * self._random()))
        finally:
            patience.cancel()

    def _lose_patience(self, lookup: Lookup) -> None:
        lookup.problem, lookup.blame = f"{lookup.host}: no answer yet", Outcome.RESOLVE
        self._changed.set()

    def _pass_on(self) -> None:
        found = [shown for endpoint in self._snapshot for shown in self._resolved(endpoint)]
        # Nothing known yet is not the same as nothing there.
        if found or not self._snapshot:
            # Two hosts of one name may turn out to be one address.
            self._take(tuple({shown.identity: shown for shown in found}.values()))

    def _resolved(self, endpoint: Endpoint) -> Iterator[Endpoint]:
        if endpoint.address:
            yield endpoint
        else:
            yield from self._lookups[endpoint.host].apply(endpoint)


def with_literal_address(endpoint: Endpoint) -> Endpoint:
    if endpoint.address or not (address := parse_address(endpoint.host)):
        return endpoint
    return replace(endpoint, address=str(address), family=address.version)


def _in_lasting_order(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...]:
    """Put the address in use first while it is still there; servers turn their answers around."""
    first = before[:1] if set(before[:1]) & set(now) else now[:1]
    return (*first, *sorted(set(now) - set(first)))

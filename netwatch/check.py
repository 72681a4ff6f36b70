"""One check at work: source → resolution → sampling → follow → probe, until it is cancelled."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import NoReturn

from netwatch.endpoint import Endpoint, Snapshot, Source
from netwatch.exposition.family import Family, Kind
from netwatch.exposition.table import Table
from netwatch.follow import Follower, told_apart
from netwatch.known import KnownAddresses
from netwatch.model import Check, Target
from netwatch.peers import ATTEMPTS, PeersPlan
from netwatch.probe import Following
from netwatch.resolution import Resolve, ResolveOptions, Resolving, with_literal_address
from netwatch.sampling import Sampling
from netwatch.state import StateOptions
from netwatch.tracking import Tracker

TARGETS_AT_ONCE = 50
"""So many join or leave before all else may go on: that takes some milliseconds."""

SOURCE_FAMILIES = (
    Family(
        name="netwatch_source_targets",
        kind=Kind.GAUGE,
        help="Targets that the source of a check names: those with an address, and those without.",
        key="targets",
        label="state",
    ),
    Family(
        name="netwatch_source_age_seconds",
        kind=Kind.GAUGE,
        help="For how long the source has failed, and its last good targets are used; 0 if not.",
        key="age_seconds",
        unit="seconds",
    ),
    Family(
        name="netwatch_source_errors_total",
        kind=Kind.COUNTER,
        help="How often the source failed.",
        key="errors",
    ),
)


@dataclass(slots=True, eq=False)
class SourceHealth:
    """What /metrics says of a check's source; `now` is monotonic seconds."""

    now: Callable[[], float]
    targets: dict[str, int] = field(default_factory=lambda: {"resolved": 0, "unresolved": 0})
    errors: int = 0
    failing_since: float | None = None
    problem: str = ""
    """Why it fails, while it does."""

    @property
    def age_seconds(self) -> float:
        return 0.0 if self.failing_since is None else self.now() - self.failing_since

    def succeed(self) -> None:
        """The source had something to say."""
        self.failing_since = None
        self.problem = ""

    def count(self, snapshot: Snapshot) -> None:
        """Count what became of it by resolution."""
        unresolved = sum(1 for endpoint in snapshot if endpoint.problem)
        self.targets = {"resolved": len(snapshot) - unresolved, "unresolved": unresolved}

    def fail(self, why: str) -> None:
        """The backend failed; the last good snapshot stays in use."""
        self.errors += 1
        self.problem = why
        if self.failing_since is None:
            self.failing_since = self.now()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckParts:
    """What a check is made of, by its configuration."""

    check: Check
    source_name: str
    source: Source
    following: Following
    resolve_options: ResolveOptions | None
    """None where the probe is asked about names, whatever their addresses are."""
    state_options: StateOptions
    peers: PeersPlan | None = None
    """None where all are probed."""
    own_name: str = ""
    """This node's, among the peers."""
    is_optional: bool = False
    """Whether it is well when the source names no target."""


class RunningCheck:
    """Keeps the targets of one check followed, probed and tracked; the source's Publisher."""

    def __init__(
        self,
        parts: CheckParts,
        *,
        tracker: Tracker,
        resolve: Resolve,
        sources: Table,
        peers: Table,
        known: KnownAddresses,
        complain: Callable[[str], None],
        now: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`sources` is the table of `SOURCE_FAMILIES`, `peers` that of `PEERS_FAMILIES`.

        `known` learns the addresses that the source names; `complain` is told why it failed.
        """
        self._parts = parts
        self._tracker = tracker
        self._sources = sources
        self._peers = peers
        self._known = known
        self._complain = complain
        self._health = SourceHealth(now)
        self._follower = Follower(
            parts.check, join=self._join, change=tracker.change, leave=self._leave
        )
        self._rotating = Follower(
            parts.check,
            join=self._join_for_a_turn,
            change=tracker.change,
            leave=self._leave,
            are_rotating=True,
        )
        self._steps: Iterator[None] = iter(())
        """What is still to be done to follow the latest snapshot."""
        self._has_steps = asyncio.Event()
        self._sampling = Sampling(
            parts.check.name, parts.peers, parts.own_name, self._follow, wall=wall
        )
        self._resolving = Resolving(
            self._choose, resolve, parts.resolve_options or ResolveOptions()
        )

    async def run(self) -> None:
        """Work until cancelled; then all targets leave."""
        check = self._parts.check
        labels = {"check": check.name, "source": self._parts.source_name}
        row = self._sources.add(labels, self._health)
        peers_row = self._peers.add({"check": check.name}, self._sampling)
        self._tracker.begin(check, self._parts.state_options)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._resolving.run(), name=f"{check.name} resolution")
                group.create_task(self._sampling.run(), name=f"{check.name} sampling")
                group.create_task(self._go_on(), name=f"{check.name} following")
                group.create_task(self._parts.source.run(self), name=f"{check.name} source")
        finally:
            self._follower.follow(())
            self._rotating.follow(())
            self._known.forget(check)
            self._tracker.end(check)
            self._sources.remove(row)
            self._peers.remove(peers_row)

    def publish(self, snapshot: Snapshot, *, still_fails: bool = False) -> None:
        """Have resolved, and then followed, what the source names."""
        if not still_fails:
            self._health.succeed()
        if self._parts.resolve_options is None:
            self._choose(tuple(map(with_literal_address, snapshot)))
        else:
            self._resolving.publish(snapshot)

    def fail(self, why: str) -> None:
        """Keep the last good targets."""
        self._health.fail(why)
        kept = "the targets stay as they were" if len(self._follower) else "there is no target"
        self._complain(f"{self._parts.check.name}: {why}; {kept}")

    @property
    def complaint(self) -> str:
        """What is wrong with the source; empty if nothing is."""
        name = self._parts.check.name
        if self._health.problem:
            return f"{name}: {self._health.problem}"
        if self._parts.is_optional or any(self._health.targets.values()):
            return ""
        return f"{name}: its source names no target"

    def _choose(self, snapshot: Snapshot) -> None:
        self._health.count(tuple(e for e in snapshot if not e.is_own))
        self._known.know(self._parts.check, (endpoint.address for endpoint in snapshot))
        self._sampling.publish(snapshot)

    def _follow(self, lasting: Snapshot, rotating: Snapshot) -> None:
        """Follow these, and no more those of before: some of them at once, the others in slices."""
        self._steps = chain(
            self._follower.steps(tuple(map(self._labelled, told_apart(lasting)))),
            self._rotating.steps(tuple(map(self._labelled, told_apart(rotating)))),
        )
        self._do_some()

    def _do_some(self) -> None:
        done = sum(1 for _ in islice(self._steps, TARGETS_AT_ONCE))
        if done == TARGETS_AT_ONCE:
            self._has_steps.set()
        else:
            self._has_steps.clear()

    async def _go_on(self) -> NoReturn:
        """Do what is left to be done, until cancelled."""
        while True:
            await self._has_steps.wait()
            await asyncio.sleep(0)
            self._do_some()

    def _labelled(self, endpoint: Endpoint) -> Endpoint:
        if not self._parts.check.labels:
            return endpoint
        labels = dict(self._parts.check.labels) | dict(endpoint.labels)
        return replace(endpoint, labels=tuple(labels.items()))

    def _join(self, target: Target) -> None:
        self._tracker.join(target)
        self._parts.following.join(target)

    def _join_for_a_turn(self, target: Target) -> None:
        self._tracker.join(target)
        self._parts.following.join(target, count=ATTEMPTS)

    def _leave(self, target: Target) -> None:
        self._parts.following.leave(target)
        self._tracker.leave(target)

"""The nouns of netwatch; every other room speaks in them, and this one imports no room.

Source ──Snapshot of Endpoints──▶ Check ──Target──▶ Probe ──Result──▶ State ──Transition──▶ Sinks
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from netwatch.endpoint import Endpoint
from netwatch.foreign import Passage


class Outcome(StrEnum):
    """How one attempt ended. `LOCAL` is our own fault and is never blamed on the network."""

    OK = "ok"
    TIMEOUT = "timeout"  # nothing came before the deadline
    REFUSED = "refused"  # TCP RST on connect, ICMP port unreachable
    UNREACHABLE = "unreachable"  # no route, no neighbour, ICMP unreachable, time exceeded, too big
    BLOCKED = "blocked"  # a firewall or a policy said no, here or on the way
    RESET = "reset"  # the peer cut an established connection
    RESOLVE = "resolve"  # the name has no address
    TLS = "tls"  # handshake or verification failed
    PROTOCOL = "protocol"  # the reply is malformed
    MISMATCH = "mismatch"  # a valid reply that breaks an expectation
    ABSENT = "absent"  # nobody is there to be measured, and nobody need be
    LOCAL = "local"  # EMFILE, ENOBUFS, missing privilege, our socket dropped it


class ProbeError(Exception):
    """A probe's measurement failed in a way that it understands."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(f"{outcome}: {detail}")
        self.outcome = outcome
        self.detail = detail


class Status(StrEnum):
    """What we believe of a target, after hysteresis."""

    NEW = "new"
    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    LEAVING = "leaving"  # taken away on purpose, and so not judged


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Check:
    """One named entry of the configuration at work; times in seconds.

    `labels` are on all its series. `histogram` says whose durations share one: `target`, `zone`,
    `off`, or `auto`, which is `target` until there are too many. `rotation` is the time in which
    all rotating targets have their turn; 0 if there are none. With `expects_loss` a packet that
    is lost is well, and one that is answered is not: so targets are judged, and nothing is counted.
    """

    name: str
    probe: str
    interval: float
    timeout: float
    labels: tuple[tuple[str, str], ...] = ()
    histogram: str = "auto"
    rotation: float = 0.0
    expects_loss: bool = False


@dataclass(slots=True, eq=False)
class Target:
    """One endpoint of one check, for as long as it is followed.

    The object is its identity: `endpoint` may be replaced by one with other labels or zone,
    while counters and streaks go on. One that is `is_rotating` is followed for a turn of a few
    results: too few to be judged by, or to have series of its own.
    """

    check: Check
    endpoint: Endpoint
    is_rotating: bool = False

    def __str__(self) -> str:
        """The name, with the address where that says more: `wiki (10.0.0.7)`."""
        name, address = self.endpoint.name, self.endpoint.address
        return name if address in ("", name) else f"{name} ({address})"


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt at one target gave; failed targets are Results too, not exceptions.

    `started` is wall-clock seconds since the epoch, `duration` seconds or None: a failed
    measurement has no value, never 0. `detail` is for people and never becomes a label. `phases`
    are seconds by name, and `phase` is the one that failed. `values` are what else was measured,
    by the key of its metric family; a mapping where that family has a label. `findings` are what
    was found in words, such as addresses and records, by what they are: for people and documents.
    `passage` is what is to be shown of the target's own metrics.
    """

    target: Target
    started: float
    duration: float | None
    outcome: Outcome
    detail: str = ""
    phase: str = ""
    phases: Mapping[str, float] = field(default_factory=dict)
    values: Mapping[str, float | Mapping[str, float]] = field(default_factory=dict)
    findings: Mapping[str, Sequence[str]] = field(default_factory=dict)
    passage: Passage | None = None


class Oddity(StrEnum):
    """What else may happen to a packet, beside its outcome."""

    LATE = "late"  # the reply of a packet that was lost by its deadline
    DUPLICATE = "duplicate"
    CORRUPT = "corrupt"
    REORDERED = "reordered"  # overtaken by the reply of a later packet


@dataclass(slots=True)
class Batch:
    """The ICMP results of one tick, in columns: an object a ping would cost more than the ping.

    Row i is packet i: its target, `started` (wall-clock seconds), `duration` (seconds, NaN where
    there is none), outcome, `hop_limit` of the reply (0 unknown), and whether the kernel accepted
    it for sending. `details` has words for the rows that need them. `oddities` are beside the rows.
    """

    targets: list[Target] = field(default_factory=list)
    started: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    hop_limits: list[int] = field(default_factory=list)
    accepted: list[bool] = field(default_factory=list)
    details: dict[int, str] = field(default_factory=dict)
    oddities: list[tuple[Target, Oddity]] = field(default_factory=list)

    def __len__(self) -> int:
        """How many packets settled."""
        return len(self.targets)

    def __bool__(self) -> bool:
        """Whether there is anything in it."""
        return bool(self.targets or self.oddities)

    @property
    def is_all_ok(self) -> bool:
        """Whether every packet was answered in time."""
        return self.outcomes.count(Outcome.OK) == len(self.outcomes)

    @property
    def is_plain(self) -> bool:
        """Whether in addition every duration is known."""
        return self.is_all_ok and not math.isnan(sum(self.durations))

    def add(
        self,
        target: Target,
        started: float,
        outcome: Outcome,
        *,
        duration: float = math.nan,
        hop_limit: int = 0,
        detail: str = "",
        accepted: bool = True,
    ) -> None:
        """Append one row."""
        if detail:
            self.details[len(self.targets)] = detail
        self.targets.append(target)
        self.started.append(started)
        self.durations.append(duration)
        self.outcomes.append(outcome)
        self.hop_limits.append(hop_limit)
        self.accepted.append(accepted)

    def add_received(
        self,
        targets: list[Target],
        started: list[float],
        durations: list[float],
        hop_limits: list[int],
    ) -> None:
        """Append a row for each of many packets that were answered in time."""
        number = len(targets)
        self.targets += targets
        self.started += started
        self.durations += durations
        self.outcomes += [Outcome.OK] * number
        self.hop_limits += hop_limits
        self.accepted += [True] * number

    def results(self) -> Iterator[Result]:
        """The same, one object a packet, for those who want that."""
        for row, target in enumerate(self.targets):
            duration = self.durations[row]
            yield Result(
                target=target,
                started=self.started[row],
                duration=None if math.isnan(duration) else duration,
                outcome=self.outcomes[row],
                detail=self.details.get(row, ""),
            )


@dataclass(frozen=True, slots=True)
class Transition:
    """A target's status changed. `since` is when the streak that caused it began (epoch seconds).

    `lasted` is how long the status before had held, in seconds; `detail` names the cause.
    """

    target: Target
    before: Status
    after: Status
    since: float
    lasted: float
    detail: str


class Sink:
    """Whoever is told what was measured, and overrides what it wants to hear; it never awaits."""

    def begin(self, check: Check) -> None:
        """A check is at work from now on; its targets follow."""

    def end(self, check: Check) -> None:
        """The check is over; its targets have left."""

    def join(self, target: Target) -> None:
        """A target is followed from now on."""

    def change(self, target: Target) -> None:
        """The target's labels or zone changed."""

    def leave(self, target: Target) -> None:
        """The target is gone; forget it."""

    def take(self, batch: Batch) -> None:
        """Settled packets."""

    def observe(self, result: Result) -> None:
        """An attempt of a probe that is no ping has ended."""

    def note(self, transition: Transition) -> None:
        """A status changed."""

"""What every probe declares: its options, its metric families, and how it follows a target."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol

from netwatch.attempt import Attempt, Probe
from netwatch.endpoint import Endpoint
from netwatch.exposition.family import Family
from netwatch.model import Outcome, ProbeError, Target
from netwatch.net.ping.engine import Pinger
from netwatch.net.ping.tally import PingTally
from netwatch.net.tls import TlsContexts
from netwatch.options import Options
from netwatch.prober import AttemptPlan, Prober
from netwatch.resolution import Resolve
from netwatch.tally import AttemptTally

Tally = PingTally | AttemptTally
"""Counts the results of one target; the metric families read its attributes."""


class Following(Protocol):
    """Probes targets from `join` until `leave`."""

    def join(self, target: Target, *, first: float | None = None, count: int | None = None) -> None:
        """Begin at `first` (monotonic seconds; None: in its place of the interval).

        After `count` attempts there is no more; None goes on until it leaves.
        """
        ...

    def leave(self, target: Target) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """What the program lends to probes that make attempts; all of them share it."""

    resolve: Resolve
    contexts: TlsContexts = field(default_factory=TlsContexts)


@dataclass(frozen=True, slots=True)
class Engines:
    """What the program lends to checks: who keeps their targets on the beat, and the services."""

    pinger: Pinger
    prober: Prober
    services: Services


class ProbeOptions(Options):
    """The options of a probe, and with them all that the rest of the house knows of it."""

    families: ClassVar[tuple[Family, ...]]
    """Whose keys are attributes of the tally."""
    buckets: ClassVar[tuple[float, ...]]
    """Upper bounds of the durations' histogram, in seconds."""
    histogram_key: ClassVar[str]
    """Under which key of the families the histogram stands."""
    needs: ClassVar[tuple[Literal["port", "url"], ...]] = ()
    """What an endpoint must say beside its host."""
    usual_target: ClassVar[str] = ""
    """Whom a run from the shell probes that names nobody; empty where it must name somebody."""
    needs_address: ClassVar[bool] = True
    """Whether names become addresses before the probe is asked, and fail without one."""
    needs_icmp: ClassVar[bool] = False
    """Whether it opens ICMP sockets, which not everybody may."""
    usual_count: ClassVar[int] = 1
    """How many packets or attempts make a measurement, where somebody waits for it."""

    interval: float
    timeout: float
    histogram: Literal["auto", "target", "zone", "off"]

    @property
    def expects_loss(self) -> bool:
        """Whether targets of which no packet comes back are well; attempts judge themselves."""
        return False

    @classmethod
    @abstractmethod
    def tally(cls) -> Tally:
        """Return a new tally for one target."""

    @abstractmethod
    def follow(self, engines: Engines) -> Following:
        """Return what probes the targets of one check."""

    @classmethod
    def misses(cls, endpoint: Endpoint) -> str:
        """Say what the probe needs to know and the endpoint does not say; empty if nothing."""
        missing = [need for need in cls.needs if not getattr(endpoint, need)]
        return f"found no {missing[0]}, expected a target with one" if missing else ""


class AttemptOptions(ProbeOptions):
    """The options of a probe that makes single attempts: http, tcp, dns and their like.

    The docstring of each says what the probe does, and is the help of its command.

    `families` are those of this probe alone, with keys of `Result.values`: the latest, or the sum
    of all where the family is a counter. What all attempts share, and TLS, is declared elsewhere.
    """

    histogram_key: ClassVar[str] = "duration"
    trace_is_the_answer: ClassVar[bool] = False
    """Whether who asks once wants to see what only the trace has: addresses, records."""

    expect: Literal["success", "fail"] = "success"
    """`fail`: it is well when the network refuses; for what must not be reachable."""

    @abstractmethod
    def open(self, services: Services) -> Probe:
        """Return what makes the attempts of one check, or of one run from the shell."""

    @classmethod
    def tally(cls) -> AttemptTally:
        return AttemptTally(cls.families)

    def follow(self, engines: Engines) -> Following:
        plan = AttemptPlan(
            probe=_Demanding(self.open(engines.services), self),
            interval=self.interval,
            timeout=self.timeout,
            expects_failure=self.expect == "fail",
        )
        return _AttemptFollowing(engines.prober, plan)


@dataclass(frozen=True, slots=True)
class _Demanding:
    """Fails an attempt at an endpoint that lacks what the probe needs, and makes all others."""

    probe: Probe
    options: AttemptOptions

    async def measure(self, attempt: Attempt) -> None:
        endpoint = attempt.endpoint
        if missing := self.options.misses(endpoint):
            raise ProbeError(Outcome.LOCAL, missing)
        if self.options.needs_address and not endpoint.address:
            blame = Outcome.LOCAL if endpoint.is_our_fault else Outcome.RESOLVE
            raise ProbeError(blame, endpoint.problem)
        await self.probe.measure(attempt)


@dataclass(frozen=True, slots=True)
class _AttemptFollowing:
    """Keeps the targets of one check on the beat of the prober."""

    prober: Prober
    plan: AttemptPlan

    def join(self, target: Target, *, first: float | None = None, count: int | None = None) -> None:
        self.prober.add(target, self.plan, first=first, count=count)

    def leave(self, target: Target) -> None:
        self.prober.remove(target)

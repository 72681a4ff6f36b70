"""What every probe declares: its options, its metric families, and how it follows a target."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

from netwatch.attempt import Probe
from netwatch.exposition.family import Family
from netwatch.exposition.histogram import Histogram
from netwatch.model import Oddity, Outcome, Target
from netwatch.net.ping.engine import Pinger
from netwatch.options import Options
from netwatch.resolution import Resolve


class Tally(Protocol):
    """Counts the results of one target; the metric families read its attributes."""

    def settle(
        self, outcome: Outcome, duration: float, hop_limit: int, *, accepted: bool
    ) -> None: ...

    def note(self, oddity: Oddity) -> None: ...

    def count_into(self, durations: Histogram, *, shown: bool) -> None:
        """Count durations into this histogram, `shown` on the target's own row or elsewhere."""
        ...


class Following(Protocol):
    """Probes targets from `join` until `leave`."""

    def join(self, target: Target, *, first: float | None = None, count: int | None = None) -> None:
        """Begin at `first` (monotonic seconds; None: in its place of the interval).

        After `count` attempts there is no more; None goes on until it leaves.
        """
        ...

    def leave(self, target: Target) -> None: ...


class ProbeOptions(Options):
    """The options of a probe, and with them all that the rest of the house knows of it."""

    families: ClassVar[tuple[Family, ...]]
    """Whose keys are attributes of the tally."""
    buckets: ClassVar[tuple[float, ...]]
    """Upper bounds of the durations' histogram, in seconds."""
    histogram_key: ClassVar[str]
    """Under which key of the families the histogram stands."""

    interval: float
    timeout: float
    histogram: Literal["auto", "target", "zone", "off"]

    @staticmethod
    @abstractmethod
    def tally() -> Tally:
        """Return a new tally for one target."""

    @abstractmethod
    def follow(self, pinger: Pinger) -> Following:
        """Return what probes the targets of one check."""


@dataclass(frozen=True, slots=True)
class Services:
    """What the program lends to probes that make attempts."""

    resolve: Resolve


class AttemptOptions(ProbeOptions):
    """The options of a probe that makes single attempts: http, tcp, dns and their like.

    `families` are those of this probe alone, with keys of `Result.values`; what all attempts
    share, and TLS, is declared elsewhere.
    """

    expect: Literal["success", "fail"] = "success"
    """`fail`: it is well when the network refuses; for what must not be reachable."""

    @abstractmethod
    def open(self, services: Services) -> Probe:
        """Return what makes the attempts of one check, or of one run from the shell."""

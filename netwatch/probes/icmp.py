"""ICMP echo: is the target there, how much is lost on the way, and how long does it take."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netwatch.exposition.family import Family, Kind
from netwatch.model import Target
from netwatch.net.ping.engine import Pinger, PingOptions
from netwatch.net.ping.tally import PingTally
from netwatch.options import PositiveDuration, SourceAddress
from netwatch.probe import Engines, ProbeOptions


def _counter(name: str, key: str, help_: str, label: str = "") -> Family:
    return Family(
        name=f"netwatch_icmp_{name}_total", kind=Kind.COUNTER, help=help_, key=key, label=label
    )


def _seconds(name: str, kind: Kind, help_: str) -> Family:
    return Family(
        name=f"netwatch_icmp_{name}_seconds", kind=kind, help=help_, key=name, unit="seconds"
    )


_LATEST = "round-trip time of the last 30 packets; absent when none came back."

FAMILIES = (
    _counter(
        "packets_sent",
        "sent",
        "Echo requests that the kernel accepted and that have settled since: "
        "received + lost + errors.",
    ),
    _counter("packets_received", "received", "Echo requests answered within the timeout."),
    _counter("packets_lost", "lost", "Echo requests without any answer within the timeout."),
    _counter(
        "errors",
        "errors",
        "Echo requests ended by an ICMP error, or by our own fault (reason local).",
        label="reason",
    ),
    _counter(
        "unsent",
        "unsent",
        "Echo requests that did not leave this host; not among the packets sent.",
        label="reason",
    ),
    _counter("late", "late", "Replies that came after the timeout; their packets count as lost."),
    _counter("duplicates", "duplicate", "Replies to a packet that had been answered before."),
    _counter("corrupt", "corrupt", "Replies whose content was damaged on the way."),
    _counter("reordered", "reordered", "Replies overtaken by that of a later packet."),
    _seconds("rtt", Kind.HISTOGRAM, "Round-trip time between kernel time stamps."),
    _seconds("rtt_min", Kind.GAUGE, f"Smallest {_LATEST}"),
    _seconds("rtt_max", Kind.GAUGE, f"Largest {_LATEST}"),
    _seconds("rtt_mean", Kind.GAUGE, f"Mean {_LATEST}"),
    _seconds("rtt_stddev", Kind.GAUGE, f"Population standard deviation of the {_LATEST}"),
    Family(
        name="netwatch_icmp_hop_limit",
        kind=Kind.GAUGE,
        help="Time to live, or hop limit, of the latest reply.",
        key="hop_limit",
    ),
)


class IcmpFollowing:
    """Keeps the targets of one check on the beat of the pinger."""

    def __init__(self, pinger: Pinger, options: PingOptions) -> None:
        self._pinger = pinger
        self._options = options

    def join(self, target: Target, *, first: float | None = None, count: int | None = None) -> None:
        self._pinger.add(target, self._options, first=first, count=count)

    def leave(self, target: Target) -> None:
        self._pinger.remove(target)


class IcmpOptions(ProbeOptions):
    """Ping targets, many at once."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(25e-6, 50e-6, 100e-6, 250e-6, 500e-6),
        *(1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3),
        *(0.3, 1.0, 3.0),
    )
    histogram_key: ClassVar[str] = "rtt"
    needs_icmp: ClassVar[bool] = True
    usual_count: ClassVar[int] = 5

    interval: Annotated[PositiveDuration, Field(ge=0.01, le=3600)] = 1.0
    """Time between two packets to one target; sends keep this beat without drift."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 1.0
    """A reply later than this is counted as late, and its packet as lost."""
    size: Annotated[int, Field(ge=16, le=65507)] = 56
    """Payload bytes, without the IP and ICMP headers, as ping's `-s`; 16 are needed to prove
    that a reply is ours."""
    ttl: Annotated[int, Field(ge=1, le=255)] = 64
    """Time to live (IPv4), hop limit (IPv6)."""
    dscp: Annotated[int, Field(ge=0, le=63)] = 0
    """Differentiated services code point; 46 is expedited forwarding."""
    dont_fragment: bool = False
    """Send whole or not at all, whatever path MTU the kernel remembers."""
    source_address: SourceAddress = ""
    """Send from this address of this host; empty lets the kernel choose."""
    interface: str = ""
    """Send through this interface; empty lets the kernel choose."""
    expect: Literal["success", "fail"] = "success"
    """`fail`: a target is well when the network refuses, for what must not be reachable; packets
    are counted as they fare all the same."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose round-trip times share a histogram: each target's own, all of a zone's, or none;
    `auto` is `target` up to 30 targets, and `zone` above."""

    @property
    def expects_loss(self) -> bool:
        return self.expect == "fail"

    @staticmethod
    def tally() -> PingTally:
        return PingTally()

    def follow(self, engines: Engines) -> IcmpFollowing:
        return IcmpFollowing(engines.pinger, self.ping_options())

    def ping_options(self) -> PingOptions:
        """Return what the engine needs of this."""
        return PingOptions(
            interval=self.interval,
            timeout=self.timeout,
            size=self.size,
            ttl=self.ttl,
            dscp=self.dscp,
            dont_fragment=self.dont_fragment,
            source_address=self.source_address,
            interface=self.interface,
        )

"""UDP echo to another agent: loss, order and delay on each of several paths to it."""

import asyncio
import contextlib
from collections.abc import Sequence
from statistics import fmean
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from netwatch.attempt import Attempt, Values
from netwatch.endpoint import Endpoint
from netwatch.exposition.family import Family, Kind
from netwatch.model import Outcome, ProbeError
from netwatch.net.udpflow import UdpFlow
from netwatch.options import Duration, PositiveDuration
from netwatch.probe import AttemptOptions, Services
from netwatch.wire.duration import format_duration, format_seconds
from netwatch.wire.udpecho import HEADER_BYTES

UDP_ECHO_PORT = 9848


def _counter(name: str, help_: str) -> Family:
    key = f"udp_{name}"
    return Family(name=f"netwatch_{key}_total", kind=Kind.COUNTER, help=help_, key=key)


def _seconds(name: str, help_: str) -> Family:
    key = f"udp_{name}"
    return Family(
        name=f"netwatch_{key}_seconds", kind=Kind.GAUGE, help=help_, key=key, unit="seconds"
    )


_LATEST = "round-trip time of the latest attempt; absent when nothing came back."

FAMILIES = (
    _counter("sent", "Echo requests that the kernel accepted."),
    _counter("received", "Echo requests that were answered in time."),
    _counter("duplicates", "Replies to a request that had been answered before."),
    _counter("reordered", "Replies overtaken by that of a later request from the same port."),
    _seconds("rtt_min", f"Smallest {_LATEST}"),
    _seconds("rtt_mean", f"Mean {_LATEST}"),
    _seconds("rtt_max", f"Largest {_LATEST}"),
    _seconds(
        "rtt_spread",
        "By how much the slowest source port is slower than the fastest, by their mean round-trip "
        "times of the latest attempt.",
    ),
    Family(
        name="netwatch_udp_ports_lossy",
        kind=Kind.GAUGE,
        help="Source ports that lost something in the latest attempt; some and not all: one of "
        "several paths.",
        key="udp_ports_lossy",
    ),
)


class UdpProbe:
    """Sends echo requests from several source ports, in turn."""

    def __init__(self, options: "UdpOptions") -> None:
        self._options = options

    async def measure(self, attempt: Attempt) -> None:
        with contextlib.ExitStack() as stack:
            flows = [
                stack.enter_context(self._flow(attempt.endpoint))
                for _ in range(self._options.ports)
            ]
            attempt.note(f"sending {self._wanted(attempt.endpoint)}, ports {_ports(flows)}")
            await self._send(flows)
            sent = sum(flow.sent for flow in flows)
            attempt.note(f"sent {sent}, waiting up to {format_duration(self._options.wait)}")
            await self._wait(flows)
            for flow in flows:
                flow.finish()
                attempt.note(_told_of(flow))
        attempt.values.update(figures(flows))
        judge(flows, self._options.max_loss)

    def _wanted(self, endpoint: Endpoint) -> str:
        options = self._options
        there = f"{endpoint.address} port {endpoint.port or options.port}"
        return f"{options.packets} datagrams of {options.size} bytes to {there} from each source"

    def _flow(self, endpoint: Endpoint) -> UdpFlow:
        options = self._options
        return UdpFlow(
            endpoint.address,
            endpoint.port or options.port,
            packets=options.packets,
            size_bytes=options.size,
        )

    async def _send(self, flows: Sequence[UdpFlow]) -> None:
        for number in range(self._options.packets):
            if number:
                await asyncio.sleep(self._options.spacing)
            for flow in flows:
                flow.send()

    async def _wait(self, flows: Sequence[UdpFlow]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._options.wait):
                for flow in flows:
                    await flow.settled.wait()


def figures(flows: Sequence[UdpFlow]) -> Values:
    """Return what was counted and timed, of all flows together."""
    values: Values = {
        "udp_sent": sum(flow.sent for flow in flows),
        "udp_received": sum(len(flow.rtts) for flow in flows),
        "udp_duplicates": sum(flow.duplicates for flow in flows),
        "udp_reordered": sum(flow.reordered for flow in flows),
        "udp_ports_lossy": sum(flow.lost > 0 for flow in flows),
    }
    if rtts := [rtt for flow in flows for rtt in flow.rtts.values()]:
        values |= {"udp_rtt_min": min(rtts), "udp_rtt_mean": fmean(rtts), "udp_rtt_max": max(rtts)}
    means = [fmean(flow.rtts.values()) for flow in flows if flow.rtts]
    if len(means) > 1:
        values["udp_rtt_spread"] = max(means) - min(means)
    return values


def judge(flows: Sequence[UdpFlow], max_loss: float) -> None:
    """Raise ProbeError unless every path works, and loses no more than this share."""
    failures = [flow.failure for flow in flows if flow.failure]
    own = [failure for failure in failures if failure.outcome is Outcome.LOCAL]
    sent, lost = sum(flow.sent for flow in flows), sum(flow.lost for flow in flows)
    if own:
        raise own[0]
    if not any(flow.rtts for flow in flows):
        raise failures[0] if failures else ProbeError(Outcome.TIMEOUT, f"none of {sent} came back")
    if broken := [flow for flow in flows if flow.failure or not flow.rtts]:
        raise ProbeError(Outcome.MISMATCH, _told(broken, len(flows)))
    if lost > max_loss * sent:
        lossy = [flow for flow in flows if flow.lost]
        detail = f"lost {lost} of {sent}, from the source ports {_ports(lossy)}"
        raise ProbeError(Outcome.MISMATCH, detail)


def _told_of(flow: UdpFlow) -> str:
    """Say what one source port has sent and received."""
    said = [f"source port {flow.source_port}: sent {flow.sent}, received {len(flow.rtts)}"]
    if flow.rtts:
        times = min(flow.rtts.values()), fmean(flow.rtts.values()), max(flow.rtts.values())
        said.append(f"min/mean/max {'/'.join(map(format_seconds, times))}")
    said += [f"{flow.duplicates} duplicates"] if flow.duplicates else []
    said += [f"{flow.reordered} reordered"] if flow.reordered else []
    said += [flow.failure.detail] if flow.failure else []
    return ", ".join(said)


def _told(broken: Sequence[UdpFlow], number: int) -> str:
    by_reason: dict[str, list[UdpFlow]] = {}
    for flow in broken:
        reason = flow.failure.detail if flow.failure else "nothing came back"
        by_reason.setdefault(reason, []).append(flow)
    told = [f"{reason} to the source ports {_ports(some)}" for reason, some in by_reason.items()]
    return f"{', '.join(told)}; {number - len(broken)} of {number} ports are answered"


def _ports(flows: Sequence[UdpFlow]) -> str:
    return ", ".join(str(flow.source_port) for flow in flows)


class UdpOptions(AttemptOptions):
    """Send datagrams to the UDP echo of other agents, by several paths, and count what is lost."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)

    interval: Annotated[PositiveDuration, Field(ge=0.1, le=3600)] = 10.0
    """Time between two attempts at one target."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 2.0
    """An attempt ends after this at the latest; longer than sending and `wait` together."""
    port: Annotated[int, Field(ge=1, le=65535)] = UDP_ECHO_PORT
    """The port of the echo, where the target names none."""
    packets: Annotated[int, Field(ge=1, le=100)] = 10
    """Datagrams from each source port in one attempt."""
    ports: Annotated[int, Field(ge=1, le=64)] = 4
    """Source ports, chosen anew for each attempt: routers choose among several paths by them."""
    size: Annotated[int, Field(ge=HEADER_BYTES, le=65507)] = 64
    """Payload bytes of a datagram, without the IP and UDP headers."""
    spacing: Annotated[Duration, Field(ge=0, le=1)] = 0.01
    """Time between two datagrams from the same source port."""
    wait: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 0.5
    """What has not come back so long after the last datagram is lost."""
    max_loss: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share of datagrams that may be lost; a source port without any answer always fails."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none;
    `auto` is `target` up to 30 targets, and `zone` above."""

    @model_validator(mode="after")
    def _leave_time_to_judge(self) -> Self:
        longest = (self.packets - 1) * self.spacing + self.wait
        if self.timeout <= longest:
            found, expected = format_duration(self.timeout), format_duration(longest)
            raise ValueError(
                f"found timeout {found}, expected more than the {expected} that sending and "
                "waiting take together"
            )
        return self

    def open(self, services: Services) -> UdpProbe:
        del services
        return UdpProbe(self)

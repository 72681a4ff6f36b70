"""The `icmp` module: one echo request by the agent's own engine."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from netwatch.attempt import Attempt, Probe
from netwatch.compat.blackbox.handshake import LastHandshake
from netwatch.compat.blackbox.kind import Lent, ModuleKind, Ping, checked, shown_phases
from netwatch.compat.blackbox.report import Report
from netwatch.endpoint import Endpoint
from netwatch.model import Check, Outcome, ProbeError, Result, Target
from netwatch.net.ping.engine import PingOptions
from netwatch.options import SourceAddress
from netwatch.wire.hostname import parse_host

DEFAULT_PAYLOAD_BYTES = 28
DEFAULT_TTL = 64
MINIMUM_PAYLOAD_BYTES, MAXIMUM_PAYLOAD_BYTES = 16, 65507


def _payload_size(size: object) -> None:
    in_range = isinstance(size, int) and MINIMUM_PAYLOAD_BYTES <= size <= MAXIMUM_PAYLOAD_BYTES
    if not in_range and size != 0:
        raise ValueError(
            f"expected {MINIMUM_PAYLOAD_BYTES} to {MAXIMUM_PAYLOAD_BYTES} bytes, as it takes "
            f"{MINIMUM_PAYLOAD_BYTES} to know a reply for ours, or 0 for {DEFAULT_PAYLOAD_BYTES}"
        )


class IcmpModule(ModuleKind):
    """Whether the target answers a ping."""

    source_ip_address: SourceAddress = ""
    """Send from this address of this host."""
    payload_size: Annotated[int, checked(_payload_size)] = 0
    """Payload bytes; 0 for 28."""
    dont_fragment: bool = False
    """Send whole or not at all."""
    ttl: Annotated[int, Field(ge=0, le=255)] = DEFAULT_TTL
    """Time to live, or hop limit; 0 for 64."""

    def endpoint(self, target: str) -> Endpoint:
        return Endpoint(name=target, host=parse_host(target))

    def options(self, timeout_seconds: float) -> PingOptions:
        """Return the same for the engine."""
        return PingOptions(
            timeout=timeout_seconds,
            size=self.payload_size or DEFAULT_PAYLOAD_BYTES,
            ttl=self.ttl or DEFAULT_TTL,
            dont_fragment=self.dont_fragment,
            source_address=self.source_ip_address,
        )

    def open(self, lent: Lent) -> Probe:
        return OnePing(lent.ping, self.options(lent.timeout_seconds))

    def report(self, result: Result, handshake: LastHandshake) -> Report:
        del handshake
        phases = shown_phases(result, "resolve", "setup", "rtt")
        report = Report({"probe_icmp_duration_seconds": phases})
        if hop_limit := result.values.get("icmp_hop_limit"):
            report.values["probe_icmp_reply_hop_limit"] = hop_limit
        return report


@dataclass(frozen=True, slots=True)
class OnePing:
    """An attempt of one packet."""

    ping: Ping
    options: PingOptions

    async def measure(self, attempt: Attempt) -> None:
        """Write down the round trip between the kernel's stamps, as the checks do."""
        check = Check(name="probe", probe="icmp", interval=1.0, timeout=self.options.timeout)
        target = Target(check, attempt.endpoint)
        attempt.note(f"one echo request of {self.options.size} bytes to {attempt.endpoint.address}")
        with attempt.timed("setup"):
            reply = await self.ping(target, self.options)
        if reply.outcome is not Outcome.OK:
            del attempt.phases["setup"]
            raise ProbeError(reply.outcome, reply.detail or "no reply")
        # What went by before the packet left, and until the engine looked for its reply.
        attempt.phases["setup"] = max(attempt.phases["setup"] - reply.duration, 0.0)
        attempt.phases["rtt"] = reply.duration
        attempt.values["icmp_hop_limit"] = float(reply.hop_limit)
        attempt.note(f"answered with hop limit {reply.hop_limit}")

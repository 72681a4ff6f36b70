"""A host name, resolved the way programs on this node or in this pod resolve it."""

import zlib
from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from netwatch.attempt import Attempt, Probe
from netwatch.exposition.family import Family, Kind
from netwatch.model import Outcome, ProbeError
from netwatch.net.libc import LibcResolver
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed
from netwatch.options import PositiveDuration
from netwatch.probe import AttemptOptions, Services
from netwatch.resolution import Resolve

FAMILIES = (
    Family(
        name="netwatch_resolve_addresses",
        kind=Kind.GAUGE,
        help="How many addresses the name had at the latest attempt, by family.",
        key="resolve_addresses",
        label="family",
    ),
    Family(
        name="netwatch_resolve_addresses_hash",
        kind=Kind.GAUGE,
        help="A number made of all addresses at the latest attempt, whatever their order: "
        "it changes when they do.",
        key="resolve_addresses_hash",
    ),
)


class ResolveProbeOptions(AttemptOptions):
    """Resolve host names as programs on this node, or in this pod, do."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(0.5e-3, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3),
        *(0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    )
    needs_address: ClassVar[bool] = False
    trace_is_the_answer: ClassVar[bool] = True

    interval: Annotated[PositiveDuration, Field(ge=0.1, le=3600)] = 15.0
    """Time between two attempts at one name."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 5.0
    """A name that takes longer has failed."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none;
    `auto` is `target` up to 30 targets, and `zone` above."""
    through: Literal["netwatch", "libc"] = "netwatch"
    """`netwatch` reads `/etc/hosts` and `/etc/resolv.conf` itself and asks the name servers as
    they say: search domains, `ndots`, timeout, attempts, `rotate`. `libc` asks the C library,
    with all of `/etc/nsswitch.conf`."""
    family: Literal["any", "ipv4", "ipv6", "both"] = "any"
    """Which addresses the name must have; `both` is one of each family at least."""

    def open(self, services: Services) -> Probe:
        resolve = LibcResolver().resolve if self.through == "libc" else services.resolve
        return ResolveProbe(resolve, self.family)


class ResolveProbe:
    """Resolves the host of its target, whatever is known of it already."""

    def __init__(
        self, resolve: Resolve, family: Literal["any", "ipv4", "ipv6", "both"] = "any"
    ) -> None:
        self._resolve = resolve
        self._family = family

    async def measure(self, attempt: Attempt) -> None:
        host = attempt.endpoint.host
        with attempt.timed("resolve"):
            answer = await self._answer(host)
        ipv4, ipv6 = answer.ipv4 or (), answer.ipv6 or ()
        attempt.findings["addresses"] = (*ipv4, *ipv6)
        attempt.note(f"{host} has {', '.join((*ipv4, *ipv6))}")
        if answer.problem:
            attempt.note(answer.problem)
        attempt.values["resolve_addresses"] = {"ipv4": len(ipv4), "ipv6": len(ipv6)}
        attempt.values["resolve_addresses_hash"] = _hash((*ipv4, *ipv6))
        self._expect({"ipv4": ipv4, "ipv6": ipv6}, answer.problem)

    async def _answer(self, host: str) -> Answer:
        try:
            return await self._resolve(host)
        except (NameUnknown, ResolverFailed) as error:
            raise ProbeError(Outcome.RESOLVE, str(error)) from error

    def _expect(self, found: dict[str, tuple[str, ...]], problem: str) -> None:
        wanted = {"any": (), "both": ("ipv4", "ipv6")}.get(self._family, (self._family,))
        for family in wanted:
            if not found[family]:
                why = problem or "the name has others only"
                raise ProbeError(Outcome.RESOLVE, f"no {family} address: {why}")


def _hash(addresses: Sequence[str]) -> int:
    return zlib.crc32(" ".join(sorted(addresses)).encode())

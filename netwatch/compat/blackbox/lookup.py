"""Host names become addresses once in a probe, so that what was checked is what is connected to.

A name may resolve differently a moment later, perhaps to an address that is not allowed. So the
first answer stands for the whole probe, redirects included.
"""

import ipaddress
import math
import time
from dataclasses import dataclass

from netwatch.compat.blackbox.allowlist import Guard
from netwatch.compat.blackbox.report import Report
from netwatch.model import Outcome, ProbeError
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed
from netwatch.resolution import Resolve

IPV6 = 6
FNV_OFFSET, FNV_PRIME = 0x811C9DC5, 0x01000193


@dataclass(frozen=True, slots=True)
class Preference:
    """Which of a name's addresses is used: the first of `family`, or else perhaps of the other."""

    family: int
    falls_back: bool

    def choose(self, answer: Answer) -> str:
        """Return an address; ProbeError where there is none that may be used."""
        by_family = {4: answer.ipv4 or (), 6: answer.ipv6 or ()}
        wanted = by_family.pop(self.family)
        [others] = by_family.values()
        found = wanted or (others if self.falls_back else ())
        if not found:
            problem = answer.problem or f"the target has no IPv{self.family} address"
            raise ProbeError(Outcome.RESOLVE, problem)
        return found[0]


class Lookups:
    """Resolves for one probe, and lets through what the guard permits."""

    def __init__(self, resolve: Resolve, guard: Guard, preference: Preference) -> None:
        self._resolve = resolve
        self._guard = guard
        self._preference = preference
        self._chosen: dict[str, str] = {}
        self.first_seconds: float | None = None
        """How long the first lookup took, also where it failed; None before there was one."""

    async def address(self, host: str) -> str:
        """Return the address that this probe uses for `host`, a name or an IP address.

        Raises ProbeError where there is none, or where it is not permitted.
        """
        if host not in self._chosen:
            started = time.perf_counter()
            try:
                self._chosen[host] = self._preference.choose(await self._ask(host))
            finally:
                if self.first_seconds is None:
                    self.first_seconds = time.perf_counter() - started
        self._guard.check(self._chosen[host])
        return self._chosen[host]

    async def resolve(self, host: str) -> Answer:
        """Answer as the resolver does, with that one address."""
        address = await self.address(host)
        is_ipv6 = _version(address) == IPV6
        return Answer(() if is_ipv6 else (address,), (address,) if is_ipv6 else (), math.inf)

    def report(self) -> Report:
        """Say what was found of the target; nothing where it did not come to a lookup."""
        if self.first_seconds is None:
            return Report()
        address = next(iter(self._chosen.values()), "")
        return Report(
            {
                "probe_dns_lookup_time_seconds": self.first_seconds,
                "probe_ip_protocol": _version(address) if address else 0,
                "probe_ip_addr_hash": address_hash(address) if address else 0,
            }
        )

    async def _ask(self, host: str) -> Answer:
        try:
            return await self._resolve(host)
        except (NameUnknown, ResolverFailed) as error:
            raise ProbeError(Outcome.RESOLVE, str(error)) from error


def _version(address: str) -> int:
    return ipaddress.ip_address(address).version


def address_hash(address: str) -> int:
    """Return FNV-1a of 32 bits over the bytes of an address, as `probe_ip_addr_hash` has it."""
    number = FNV_OFFSET
    for byte in ipaddress.ip_address(address.partition("%")[0]).packed:
        number = (number ^ byte) * FNV_PRIME & 0xFFFFFFFF
    return number

"""One probe of one target, from the lookup of its address to the report."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from netwatch.attempt import Attempt, BugLog, Probe, make_attempt
from netwatch.compat.blackbox.allowlist import AllowList, Guard
from netwatch.compat.blackbox.handshake import LastHandshake
from netwatch.compat.blackbox.kind import Lent, ModuleKind, Ping
from netwatch.compat.blackbox.lookup import Lookups
from netwatch.compat.blackbox.modules import Module
from netwatch.compat.blackbox.report import Report
from netwatch.endpoint import Endpoint
from netwatch.model import Check, Outcome, ProbeError, Result, Target
from netwatch.net.tls import TlsContexts
from netwatch.probe import Services
from netwatch.resolution import Resolve


class OwnTroubleError(Exception):
    """The probe failed by our own fault, of which its target must not be blamed."""


class ForbiddenTargetError(Exception):
    """The probe would have connected to an address that is not allowed; the message says which."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the agent lends to every probe."""

    resolve: Resolve
    ping: Ping
    contexts: TlsContexts = field(default_factory=TlsContexts)
    bugs: BugLog = field(default_factory=BugLog)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for."""

    target: str
    module: Module
    timeout_seconds: float
    allowed: AllowList


async def probe(order: Order, tools: Tools, note: Callable[[str], None]) -> Report:
    """Return what the probe found; `note` is told each step in words.

    Nothing is sent to an address that is not allowed. Raises ForbiddenTargetError for that, and
    OwnTroubleError.
    """
    shot = _Shot(order, tools, note)
    before = time.perf_counter()
    result = await shot.attempt()
    if shot.guard.refused:
        raise ForbiddenTargetError(f"{shot.guard.refused} is not in compat.blackbox.allow")
    if result.outcome is Outcome.LOCAL:
        raise OwnTroubleError(result.detail)
    return shot.common(time.perf_counter() - before, result) | shot.report(result)


class _Shot:
    """What belongs to one probe alone."""

    def __init__(self, order: Order, tools: Tools, note: Callable[[str], None]) -> None:
        self._order = order
        self._kind: ModuleKind = order.module.kind
        self._note = note
        self._bugs = tools.bugs
        self._said = Report()
        self._handshake = LastHandshake()
        self.guard = Guard(order.allowed)
        self._lookups = Lookups(tools.resolve, self.guard, self._kind.preference)
        self._lent = Lent(
            services=Services(self._lookups.resolve, tools.contexts),
            ping=tools.ping,
            timeout_seconds=order.timeout_seconds,
            allow=self.guard.check,
            tell=lambda family, labels: self._said.infos.append((family, labels)),
        )

    async def attempt(self) -> Result:
        """Make the one attempt, lookup included, within the time that it has."""
        timeout = self._order.timeout_seconds
        check = Check(name="probe", probe=self._order.module.prober, interval=1.0, timeout=timeout)
        target = Target(check, Endpoint(name=self._order.target, host=self._order.target))
        result = await make_attempt(self, target, timeout, note=self._note, bugs=self._bugs)
        succeeded = result.outcome is Outcome.OK
        self._note("succeeded" if succeeded else f"failed: {result.outcome}: {result.detail}")
        return result

    async def measure(self, attempt: Attempt) -> None:
        """Find the address, and let the module's probe do the rest."""
        try:
            endpoint = self._kind.endpoint(self._order.target)
        except ValueError as error:
            raise ProbeError(Outcome.RESOLVE, f"the target: {error}") from None
        with attempt.timed("resolve"):
            address = await self._lookups.address(endpoint.host)
        attempt.endpoint = replace(endpoint, address=address, family=6 if ":" in address else 4)
        attempt.look = self._handshake.look
        made: Probe = self._kind.open(self._lent)
        await made.measure(attempt)

    def common(self, duration_seconds: float, result: Result) -> Report:
        """Say what is said of every probe."""
        report = Report(
            {
                "probe_success": result.outcome is Outcome.OK,
                "probe_duration_seconds": duration_seconds,
                "probe_timeout_seconds": self._order.timeout_seconds,
            }
        )
        return report | self._lookups.report()

    def report(self, result: Result) -> Report:
        """Say what this kind of probe has found."""
        return self._kind.report(result, self._handshake) | self._said

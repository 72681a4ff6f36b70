"""Targets that are pinged together, because they agree in socket and beat."""

import ipaddress
import socket
from collections.abc import Callable

from netwatch.endpoint import Endpoint
from netwatch.model import Outcome, ProbeError, Target
from netwatch.net.ping.epoch import Flow
from netwatch.net.ping.line import Line, LineOptions
from netwatch.net.ping.sockaddr import sockaddr
from netwatch.net.ping.volley import Volley


class Cohort:
    """The members, and the volley that they are sent as on each beat."""

    def __init__(self, options: LineOptions, remaining: int | None) -> None:
        """`remaining` counts down to the last beat; None has no end."""
        self.options = options
        self.remaining = remaining
        self.line: Line | None = None
        """Open from the first beat on."""
        self._flows: dict[Target, Flow] = {}
        self._volley: Volley | None = None

    def __len__(self) -> int:
        """How many targets."""
        return len(self._flows)

    def add(self, target: Target) -> None:
        """Ping a target from the next beat on."""
        address = target.endpoint.address.partition("%")[0]
        packed = ipaddress.ip_address(address).packed if address else b""
        self._flows[target] = Flow(target, packed)
        self._volley = None

    def discard(self, target: Target) -> None:
        """Ping a target no more; what is in flight settles without a word."""
        self._flows.pop(target).is_gone = True
        self._volley = None

    def count_down(self) -> None:
        """One beat less is to come."""
        if self.remaining is not None:
            self.remaining -= 1

    def volley(self, refuse: Callable[[Target, ProbeError], None]) -> Volley:
        """Return a request for each target that has an address; `refuse` is told of the others."""
        if self._volley is not None:
            return self._volley
        named = [flow for flow in self._flows.values() if self._has_name(flow, refuse)]
        volley = Volley.of(named)
        if len(named) == len(self):
            self._volley = volley  # the others may get an address, or its interface, until then
        return volley

    @staticmethod
    def _has_name(flow: Flow, refuse: Callable[[Target, ProbeError], None]) -> bool:
        try:
            flow.name = flow.name or _name(flow.target.endpoint)
        except ProbeError as error:
            refuse(flow.target, error)
        return bool(flow.name)


def _name(endpoint: Endpoint) -> bytes:
    """Return the `struct sockaddr`; raise ProbeError if there is none, or not its interface."""
    address, _, zone = endpoint.address.partition("%")
    if not address:
        blame = Outcome.LOCAL if endpoint.is_our_fault else Outcome.RESOLVE
        raise ProbeError(blame, endpoint.problem)
    try:
        scope = socket.if_nametoindex(zone) if zone else 0
    except OSError:
        raise ProbeError(Outcome.UNREACHABLE, f"no interface {zone}") from None
    return sockaddr(ipaddress.ip_address(address).packed, scope)

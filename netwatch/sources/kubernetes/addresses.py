"""Which of several addresses are probed, and which of several ports."""

from collections.abc import Iterable
from dataclasses import dataclass

from netwatch.resolution import ResolveOptions
from netwatch.sources.cluster import Family, Protocol
from netwatch.wire.hostname import parse_address


class Choice:
    """The first address of each family that is asked for."""

    def __init__(self, family: Family) -> None:
        self._options = ResolveOptions(family=family)

    def of(self, addresses: Iterable[str]) -> tuple[tuple[str, int], ...]:
        """Return those addresses, each with its family; what is no address is left out."""
        known: dict[int, tuple[str, ...]] = {}
        for text in addresses:
            if address := parse_address(text):
                family = address.version
                known[family] = (*known.get(family, ()), str(address))
        return self._options.choose(known)


@dataclass(frozen=True, slots=True)
class PortChoice:
    """Ports of a name or number (`wanted`), of a protocol, or of both.

    Where nothing is said, all of TCP: most probes connect, and to a port of UDP alone nobody can.
    """

    wanted: str | int | None
    protocol: Protocol | None

    def takes(self, name: str, number: int, protocol: str) -> bool:
        """Whether a port is one of these."""
        if self.wanted is None:
            return protocol == (self.protocol or "TCP")
        return self.wanted in (name, number) and self.protocol in (None, protocol)

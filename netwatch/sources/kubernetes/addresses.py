"""Which of several addresses are probed, and which of several ports."""

from collections.abc import Iterable

from netwatch.resolution import ResolveOptions
from netwatch.sources.cluster import Family
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


def is_asked_for(wanted: str | int | None, name: str, number: int) -> bool:
    """Whether a port is the one that is wanted, by its name or number; None wants all."""
    return wanted is None or wanted in (name, number)

"""Which addresses any check names, for those who serve acquaintances alone."""

from collections.abc import Iterable

from netwatch.model import Check


class KnownAddresses:
    """The addresses of all checks of this moment: `"10.0.0.7" in known`.

    Those too that this node does not probe: who probes it may be among them.
    """

    def __init__(self) -> None:
        self._addresses: dict[Check, frozenset[str]] = {}

    def __contains__(self, address: str) -> bool:
        """Whether a check names this address; an IPv6 one is in its shortest form."""
        return any(address in its for its in self._addresses.values())

    def know(self, check: Check, addresses: Iterable[str]) -> None:
        """Know these of the check from now on, and no other; an empty one is none."""
        self._addresses[check] = frozenset(addresses) - {""}

    def forget(self, check: Check) -> None:
        """The check is over."""
        self._addresses.pop(check, None)

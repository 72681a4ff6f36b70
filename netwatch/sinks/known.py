"""Which addresses are followed by any check, for those who serve acquaintances alone."""

from collections import Counter

from netwatch.model import Sink, Target


class KnownAddresses(Sink):
    """The addresses of all targets of this moment: `"10.0.0.7" in known`."""

    def __init__(self) -> None:
        self._targets: Counter[str] = Counter()

    def __contains__(self, address: str) -> bool:
        """Whether a target has this address; an IPv6 one is in its shortest form."""
        return address in self._targets

    def join(self, target: Target) -> None:
        if target.endpoint.address:
            self._targets[target.endpoint.address] += 1

    def change(self, target: Target) -> None:
        """Nothing to do: another address would be another target."""

    def leave(self, target: Target) -> None:
        address = target.endpoint.address
        self._targets[address] -= 1
        if self._targets[address] <= 0:
            del self._targets[address]

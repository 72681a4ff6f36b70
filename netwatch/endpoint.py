"""What sources say: endpoints, always all that they know of."""

from dataclasses import dataclass
from typing import Literal, Protocol

Life = Literal["", "joining", "ready", "not_ready", "cordoned", "leaving"]
"""As its source says. `joining` is not down before it was up; `leaving` is taken away by intent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One thing to probe, as a source names it.

    `host` is what the source said: a host name, or an IP address. `address` is the IP address that
    probes use (with `%zone` where link-local); it stays empty while a name does not resolve:
    `problem` then says why, and `is_our_fault` that it is none of the name's. `family` is 4, 6, or
    0 for unresolved; where it `is_family_fixed`, the other one will not do. `is_node`: the source
    knows it for a node of our cluster; `is_own`: it is the one on which we run, named for its place
    among the others and not probed. `url` is for probes that ask for one; `host` and `port` are in
    it. `backends` are IP addresses and ports of those that do the work behind it, and are ready.
    `node` is the one on which it runs, where the source knows that and it is no node itself.
    """

    name: str
    host: str
    address: str = ""
    family: int = 0
    is_family_fixed: bool = False
    port: int = 0
    zone: str = ""
    labels: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    is_our_fault: bool = False
    is_node: bool = False
    url: str = ""
    state: Life = ""
    is_own: bool = False
    backends: tuple[tuple[str, int], ...] = ()
    node: str = ""

    @property
    def identity(self) -> tuple[str, str, int, int]:
        """What makes two endpoints of one check the same one: name, address, family, port."""
        return (self.name, self.address, self.family, self.port)


Snapshot = tuple[Endpoint, ...]
"""Everything a source knows at one moment: never a difference to what it said before."""


class Publisher(Protocol):
    """Where a source says what it knows."""

    def publish(self, snapshot: Snapshot, *, still_fails: bool = False) -> None:
        """Replace all that was published before; a failure is over then, unless it `still_fails`.

        A source that knows of some things only what it knew before may know news of others.
        """
        ...

    def fail(self, why: str) -> None:
        """Say that the backend failed; the last good snapshot stays."""
        ...


class Source(Protocol):
    """Publishes whole snapshots for as long as it runs."""

    async def run(self, publisher: Publisher) -> None:
        """Publish until cancelled. A failing backend is `publisher.fail`, not an exception."""
        ...

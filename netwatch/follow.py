"""Exactly one Target per endpoint of the latest snapshot, the same object while it stays."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.model import Check, Target
from netwatch.wire.http_url import bracketed

Identity = tuple[str, str, int, int]


def told_apart(snapshot: Snapshot) -> Snapshot:
    """Return the same, with the port in the names of those that differ in nothing else.

    Labels have no port: two of a Service's ports would be the same series twice.
    """
    if not any(endpoint.port for endpoint in snapshot):
        return snapshot
    ports: dict[object, set[int]] = {}
    for endpoint in snapshot:
        ports.setdefault(_without_port(endpoint), set()).add(endpoint.port)
    return tuple(
        endpoint if len(ports[_without_port(endpoint)]) == 1 else _named_with_port(endpoint)
        for endpoint in snapshot
    )


def _without_port(endpoint: Endpoint) -> tuple[str, str, int]:
    name, address, family, _ = endpoint.identity
    return name, address, family


def _named_with_port(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, name=f"{bracketed(endpoint.name)}:{endpoint.port}")


class Follower:
    """Turns snapshots into joins, changes and leaves of one check's targets."""

    def __init__(
        self,
        check: Check,
        *,
        join: Callable[[Target], None],
        change: Callable[[Target], None],
        leave: Callable[[Target], None],
        are_rotating: bool = False,
    ) -> None:
        """`are_rotating` is whether all its targets are followed only for their turn."""
        self._check = check
        self._join = join
        self._change = change
        self._leave = leave
        self._are_rotating = are_rotating
        self._targets: dict[Identity, Target] = {}

    def __len__(self) -> int:
        """How many targets are followed."""
        return len(self._targets)

    def follow(self, snapshot: Snapshot) -> None:
        """Leave what is not in `snapshot`, join what is new, tell what changed."""
        for _ in self.steps(snapshot):
            pass

    def steps(self, snapshot: Snapshot) -> Iterator[None]:
        """Do the same, and yield after each target; drop it for the steps of a later snapshot."""
        wanted = {endpoint.identity: endpoint for endpoint in snapshot}
        for identity in self._targets.keys() - wanted.keys():
            self._leave(self._targets.pop(identity))
            yield
        for identity, endpoint in wanted.items():
            if self._keep(identity, endpoint):
                yield

    def _keep(self, identity: Identity, endpoint: Endpoint) -> bool:
        """Return whether there was anything to do."""
        target = self._targets.get(identity)
        if target is None:
            target = self._targets[identity] = Target(
                self._check, endpoint, is_rotating=self._are_rotating
            )
            self._join(target)
            return True
        if target.endpoint is endpoint or target.endpoint == endpoint:
            return False
        target.endpoint = endpoint
        self._change(target)
        return True

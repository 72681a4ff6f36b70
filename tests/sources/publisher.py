"""A Publisher that keeps what it is told."""

from dataclasses import dataclass, field

from netwatch.endpoint import Snapshot


@dataclass
class Published:
    snapshots: list[Snapshot] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def publish(self, snapshot: Snapshot) -> None:
        self.snapshots.append(snapshot)

    def fail(self, why: str) -> None:
        self.failures.append(why)

    @property
    def names(self) -> list[str]:
        """The names of the last snapshot, but for our own node."""
        return [endpoint.name for endpoint in self.snapshots[-1] if not endpoint.is_own]

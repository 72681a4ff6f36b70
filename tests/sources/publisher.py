"""A Publisher that keeps what it is told."""

from dataclasses import dataclass, field

from netwatch.endpoint import Snapshot


@dataclass
class Published:
    snapshots: list[Snapshot] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    is_failing: bool = False

    def publish(self, snapshot: Snapshot, *, still_fails: bool = False) -> None:
        self.snapshots.append(snapshot)
        self.is_failing = self.is_failing and still_fails

    def fail(self, why: str) -> None:
        self.failures.append(why)
        self.is_failing = True

    @property
    def names(self) -> list[str]:
        """The names of the last snapshot, but for our own node."""
        return [endpoint.name for endpoint in self.snapshots[-1] if not endpoint.is_own]

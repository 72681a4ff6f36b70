"""What one look at kube-proxy cannot tell, and two can; time is an argument."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Sync:
    """The last sync of an IP family, and since when a later one has been seen to be pending."""

    synced: float
    pending_since: float | None = None


@dataclass(slots=True)
class History:
    """What was seen of one kube-proxy so far."""

    ports_seen: set[int] = field(default_factory=set)
    """Where somebody has listened."""
    started: float | None = None
    failures: dict[str, float] = field(default_factory=dict)
    syncs: dict[str, _Sync] = field(default_factory=dict)

    def restarts(self, started: float | None) -> int:
        """Return 1 if the process is another one than before."""
        before = self.started
        if started is not None:
            self.started = started
        return int(None not in (before, started) and before != started)

    def new_failures(self, counts: Mapping[str, float]) -> dict[str, float]:
        """Return by how much counts grew; those seen for the first time are where it begins."""
        grown = {
            name: max(count - before if count >= before else count, 0.0)
            for name, count in counts.items()
            for before in (self.failures.get(name, count),)
        }
        self.failures.update(counts)
        return grown

    def pending_seconds(
        self, queued: Mapping[str, float], synced: Mapping[str, float], now: float
    ) -> dict[str, float]:
        """Return for how long a sync has been pending; `now` is monotonic seconds.

        The times of kube-proxy are only compared with each other: the difference of its two would
        be 1 s for ever where one change was queued 1 s after the last sync. Each sync begins a new
        wait, since in a busy cluster something is nearly always pending.
        """
        pending = {}
        for family in sorted(queued.keys() & synced.keys()):
            sync = self.syncs.get(family)
            if sync is None or sync.synced != synced[family]:
                sync = self.syncs[family] = _Sync(synced[family])
            if queued[family] <= synced[family]:
                sync.pending_since = None
            elif sync.pending_since is None:
                sync.pending_since = now
            pending[family] = 0.0 if sync.pending_since is None else now - sync.pending_since
        return pending

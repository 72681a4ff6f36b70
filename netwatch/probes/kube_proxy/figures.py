"""What matters of kube-proxy's metrics, whichever version they are of; pure.

Not every version and mode has all of them, and what is not there is unknown, not 0. Since 1.33
many are told by IP family; before, one number was for all.
"""

import math
import re
from collections.abc import Iterator, Mapping

from netwatch.wire.kubeproxyhealth import IP_FAMILIES
from netwatch.wire.promline import TextSample
from netwatch.wire.promtext import TextFamily

_SYNC = "kubeproxy_sync_proxy_rules"
_QUEUED = f"{_SYNC}_last_queued_timestamp_seconds"
_SYNCED = f"{_SYNC}_last_timestamp_seconds"
_STARTED = "process_start_time_seconds"
_BUILD = "kubernetes_build_info"
_FAILURES = {
    f"{_SYNC}_iptables_restore_failures_total": "restore",
    f"{_SYNC}_iptables_partial_restore_failures_total": "partial_restore",
    f"{_SYNC}_nftables_sync_failures_total": "nftables_sync",
    f"{_SYNC}_nftables_cleanup_failures_total": "nftables_cleanup",
}
_PENDING = {
    f"{_SYNC}_endpoint_changes_pending": "endpoint",
    f"{_SYNC}_service_changes_pending": "service",
}
_WANTED = frozenset({_QUEUED, _SYNCED, _STARTED, _BUILD, *_FAILURES, *_PENDING})

# Vendors add what they like after the third number, and no server makes labels here.
_VERSION = re.compile(r"v([0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")


class Figures:
    """Takes the samples of one page."""

    def __init__(self) -> None:
        self._samples: dict[str, list[TextSample]] = {}

    def take(self, family: TextFamily, sample: TextSample) -> None:
        """Keep a sample if it matters."""
        del family
        if sample.name in _WANTED and math.isfinite(sample.number):
            self._samples.setdefault(sample.name, []).append(sample)

    @property
    def queued(self) -> dict[str, float]:
        """When a sync was asked for last, by IP family or for `all`; by kube-proxy's clock."""
        return self._by_ip_family(_QUEUED)

    @property
    def synced(self) -> dict[str, float]:
        """When the last sync had succeeded; 0 before the first."""
        return self._by_ip_family(_SYNCED)

    @property
    def started(self) -> float | None:
        """When the process was started, by its clock."""
        return next((sample.number for sample in self._samples.get(_STARTED, ())), None)

    @property
    def failures(self) -> dict[str, float]:
        """Counts of failures, by what failed."""
        return dict(self._sums(_FAILURES))

    @property
    def pending_changes(self) -> dict[str, float]:
        """Changes that wait, by what changed."""
        return dict(self._sums(_PENDING))

    @property
    def version(self) -> str:
        """The version as three numbers; "" where it is not said, or otherwise."""
        for sample in self._samples.get(_BUILD, ()):
            if match := _VERSION.match(sample.label("git_version")):
                return match[1]
        return ""

    def _sums(self, wanted: Mapping[str, str]) -> Iterator[tuple[str, float]]:
        for name, called in wanted.items():
            if name in self._samples:
                yield called, sum(sample.number for sample in self._samples[name])

    def _by_ip_family(self, name: str) -> dict[str, float]:
        told = {sample.label("ip_family"): sample.number for sample in self._samples.get(name, ())}
        return {family or "all": told[family] for family in ("", *IP_FAMILIES) if family in told}

"""Pods of the cluster."""

from typing import Literal

from netwatch.endpoint import Source
from netwatch.options import Duration
from netwatch.source import SourceServices
from netwatch.sources.cluster import ClusterOptions, Family, Namespace
from netwatch.sources.endpoint import Port


class PodsOptions(ClusterOptions):
    """Which pods; those that have ended, or have no address yet, are no targets."""

    namespace: Namespace | None = None
    """Those of all namespaces if none is given."""
    selector: str = ""
    """A label selector, such as `app=wiki`; all pods if empty."""
    port: Port | None = None
    """For probes that need one: pods do not have to say theirs."""
    family: Family = "both"
    """As for `nodes`."""
    own_node: Literal["include", "exclude"] = "include"
    """Whether pods of the node on which we run are targets."""
    grace: Duration = 120.0
    """A pod that is younger is not called down before it was up once."""

    def open(self, services: SourceServices) -> Source:
        """Make the source."""
        from netwatch.sources.kubernetes.pods import open_pods  # noqa: PLC0415 - an extra

        return open_pods(self, services)

"""The nodes of the cluster."""

from typing import Literal

from pydantic import Field

from netwatch.endpoint import Source
from netwatch.options import Duration, LabelName
from netwatch.source import SourceServices
from netwatch.sources.cluster import ClusterOptions, Family


class NodesOptions(ClusterOptions):
    """Which nodes, by which of their addresses."""

    address: Literal["InternalIP", "ExternalIP", "Hostname"] = "InternalIP"
    """The type of address; a node that has none of it is no target."""
    family: Family = "both"
    """Which of its addresses: `ipv4`, `ipv6`, `both` (each a target of its own), or `any`: IPv4
    where there is one, else IPv6. The first address of each family is used."""
    selector: str = ""
    """A label selector, such as `pool=web,!spot`; all nodes if empty."""
    own: Literal["include", "exclude"] = "exclude"
    """Whether the node on which we run is a target: what it sends to itself never leaves it."""
    labels: dict[LabelName, str] = Field(default_factory=dict)
    """Labels for the series, each from a label of the node: `{pool: example.com/pool}`."""
    silence_cordoned: bool = False
    """Whether a cordoned node counts as leaving."""
    grace: Duration = 120.0
    """A node that is younger is not called down before it was up once."""

    def open(self, services: SourceServices) -> Source:
        """Make the source."""
        from netwatch.sources.kubernetes.nodes import open_nodes  # noqa: PLC0415 - an extra

        return open_nodes(self, services)

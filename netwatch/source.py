"""What every source declares, and what the program lends to it."""

from dataclasses import dataclass
from typing import Protocol

from netwatch.model import Source
from netwatch.net.kubernetes.cluster import Cluster


@dataclass(frozen=True, slots=True)
class SourceServices:
    """What the program lends to sources.

    `node_name` is how the cluster calls the node on which we run; empty where that is not known.
    """

    cluster: Cluster
    node_name: str = ""


class SourceOptions(Protocol):
    """A validated pydantic model that knows its source."""

    def open(self, services: SourceServices) -> Source:
        """Make the source; it does nothing before it runs."""
        ...

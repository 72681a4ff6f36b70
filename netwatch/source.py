"""What every source declares, and what the program lends to it."""

from dataclasses import dataclass
from typing import Protocol

from netwatch.endpoint import Source
from netwatch.net.kubernetes.cluster import Cluster


@dataclass(frozen=True, slots=True)
class SourceServices:
    """What the program lends to sources.

    `node_name` is what sources call the node on which we run; nothing has the empty name.
    """

    cluster: Cluster
    node_name: str = ""


class SourceOptions(Protocol):
    """A validated pydantic model that knows its source."""

    def open(self, services: SourceServices) -> Source:
        """Make the source; it does nothing before it runs."""
        ...

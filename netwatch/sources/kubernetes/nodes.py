"""Nodes become targets."""

from collections.abc import Iterator
from dataclasses import dataclass

from netwatch.endpoint import Endpoint, Life, Source
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import Node
from netwatch.net.kubernetes.query import Query
from netwatch.source import SourceServices
from netwatch.sources.kubernetes.addresses import Choice
from netwatch.sources.kubernetes.life import is_leaving, young_until
from netwatch.sources.kubernetes.reading import Reading, Readings
from netwatch.sources.kubernetes.source import ClusterSource
from netwatch.sources.nodes import NodesOptions

PATH = "/api/v1/nodes"
ZONE_LABELS = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_CODEC = ObjectCodec(Node)


def open_nodes(options: NodesOptions, services: SourceServices) -> Source:
    """Make the source of `options`."""
    services.cluster.prepare()
    left_out = services.node_name if options.own == "exclude" else ""
    reader = NodeReader(options, Choice(options.family), left_out)
    query = Query(PATH, _CODEC, label_selector=options.selector)
    return ClusterSource(services.cluster, [query], Readings(reader.read))


@dataclass(frozen=True, slots=True)
class NodeReader:
    """Reads nodes by options; `left_out` is the name of the one that is not probed."""

    options: NodesOptions
    choice: Choice
    left_out: str = ""

    def read(self, node: Node, now: float) -> Reading:
        """Return a target for each address that is asked for."""
        state, until = self._state(node, now)
        labels = node.metadata.labels or {}
        zone = next((labels[name] for name in ZONE_LABELS if name in labels), "")
        shown = {name: labels.get(key, "") for name, key in self.options.labels.items()}
        endpoints = (
            Endpoint(
                name=node.metadata.name,
                host=host,
                address=address,
                family=family,
                zone=zone,
                labels=tuple(sorted(shown.items())),
                is_node=True,
                state=state,
                is_own=node.metadata.name == self.left_out,
            )
            for host, address, family in self._hosts(node)
        )
        return Reading(tuple(endpoints), until)

    def _hosts(self, node: Node) -> Iterator[tuple[str, str, int]]:
        """Yield hosts, with address and family where these are known."""
        wanted = self.options.address
        hosts = [one.address for one in node.status.addresses or () if one.type == wanted]
        if wanted == "Hostname":
            yield from ((host, "", 0) for host in hosts[:1])
        else:
            yield from ((address, address, family) for address, family in self.choice.of(hosts))

    def _state(self, node: Node, now: float) -> tuple[Life, float | None]:
        """Return the state, and until when it is only that of one too young."""
        if is_leaving(node, silence_cordoned=self.options.silence_cordoned):
            return "leaving", None
        if until := young_until(node.metadata.creation_timestamp, self.options.grace, now):
            return "joining", until
        conditions = {one.type: one.status for one in node.status.conditions or ()}
        if conditions.get("Ready") != "True":
            return "not_ready", None
        return "cordoned" if node.spec.unschedulable else "ready", None

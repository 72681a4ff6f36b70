"""EndpointSlices become targets."""

from collections.abc import Iterator
from dataclasses import dataclass

from netwatch.endpoint import Endpoint, Life, Source
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import (
    SERVICE_LABEL,
    EndpointConditions,
    EndpointSlice,
    SliceEndpoint,
)
from netwatch.net.kubernetes.query import Query
from netwatch.source import SourceServices
from netwatch.sources.endpoints import EndpointsOptions
from netwatch.sources.kubernetes.addresses import Choice, is_asked_for
from netwatch.sources.kubernetes.reading import Reading, Readings
from netwatch.sources.kubernetes.source import ClusterSource

_CODEC = ObjectCodec(EndpointSlice)


def open_endpoints(options: EndpointsOptions, services: SourceServices) -> Source:
    """Make the source of `options`."""
    services.cluster.prepare()
    left_out = services.node_name if options.own_node == "exclude" else ""
    reader = SliceReader(options, Choice(options.family), left_out)
    path = f"/apis/discovery.k8s.io/v1/namespaces/{options.namespace}/endpointslices"
    # A slice has the labels of its Service, and one that says whose it is.
    by_name = f"{SERVICE_LABEL}={options.service}"
    query = Query(path, _CODEC, label_selector=options.selector or by_name)
    return ClusterSource(services.cluster, [query], Readings(reader.read))


@dataclass(frozen=True, slots=True)
class SliceReader:
    """Reads slices by options; endpoints on the node `left_out` are not probed."""

    options: EndpointsOptions
    choice: Choice
    left_out: str = ""

    def read(self, found: EndpointSlice, now: float) -> Reading:
        """Return a target for each endpoint and port that is asked for."""
        del now
        ports = self._ports(found)
        return Reading(
            tuple(
                target
                for endpoint in found.endpoints or ()
                if self._names_nodes(endpoint) or not self._is_left_out(endpoint)
                for port in ports
                for target in self._targets(endpoint, port)
            )
        )

    def _ports(self, found: EndpointSlice) -> list[int]:
        """Return the numbers of the ports, each once; 0 where a headless Service names none."""
        wanted, ports = self.options.port, found.ports or ()
        if not ports and wanted is None:
            return [0]
        chosen = (
            one.port or 0 for one in ports if is_asked_for(wanted, one.name or "", one.port or 0)
        )
        return list(dict.fromkeys(chosen))

    def _targets(self, endpoint: SliceEndpoint, port: int) -> Iterator[Endpoint]:
        # All addresses are of one endpoint, and only the first one is used (EndpointSlice API).
        for address, family in self.choice.of((endpoint.addresses or ())[:1]):
            yield Endpoint(
                name=self._name(endpoint) or address,
                host=address,
                address=address,
                family=family,
                port=port,
                zone=endpoint.zone or "",
                is_node=self._names_nodes(endpoint),
                state=_state(endpoint.conditions),
                is_own=self._is_left_out(endpoint),
                node="" if self._names_nodes(endpoint) else endpoint.node_name or "",
            )

    def _name(self, endpoint: SliceEndpoint) -> str:
        if self._names_nodes(endpoint):
            return endpoint.node_name or ""
        return endpoint.target_ref.name if endpoint.target_ref else ""

    def _names_nodes(self, endpoint: SliceEndpoint) -> bool:
        return self.options.name == "node" and bool(endpoint.node_name)

    def _is_left_out(self, endpoint: SliceEndpoint) -> bool:
        return bool(self.left_out) and endpoint.node_name == self.left_out


def _state(conditions: EndpointConditions) -> Life:
    if conditions.terminating:
        return "leaving"
    return "not_ready" if conditions.ready is False else "ready"

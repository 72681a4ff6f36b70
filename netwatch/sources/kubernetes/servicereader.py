"""Services become targets."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from netwatch.endpoint import Endpoint
from netwatch.net.kubernetes.objects import EndpointSlice, Service, ServicePort
from netwatch.sources.kubernetes.addresses import Choice, PortChoice
from netwatch.sources.kubernetes.life import is_deleted
from netwatch.sources.kubernetes.reading import Reading
from netwatch.sources.services import ServicesOptions

DNS_PORT = 53


@dataclass(frozen=True, slots=True)
class ServiceReader:
    """Reads Services by options; headless ones have no address, and are no targets."""

    options: ServicesOptions
    choice: Choice

    def read(self, service: Service, now: float, slices: Sequence[EndpointSlice] = ()) -> Reading:
        """Return a target for each address and port that is asked for, called `namespace/name`.

        `slices` are those of the Service, where its backends are of interest.
        """
        del now
        metadata, spec = service.metadata, service.spec
        names = self._names(spec.ports or ())
        return Reading(
            tuple(
                Endpoint(
                    name=f"{metadata.namespace}/{metadata.name}",
                    host=address,
                    address=address,
                    family=family,
                    port=port,
                    state="leaving" if is_deleted(metadata) else "ready",
                    backends=tuple(sorted(set(_backends(slices, names[port], family)))),
                )
                for address, family in self.choice.of(spec.cluster_ips or ())
                for port in names
            )
        )

    def _names(self, ports: Iterable[ServicePort]) -> dict[int, set[str]]:
        """Return the numbers of the ports that are asked for, and what each is called."""
        names: dict[int, set[str]] = {}
        chosen = PortChoice(self.options.port, self.options.protocol)
        for one in ports:
            if chosen.takes(one.name, one.port, one.protocol):
                names.setdefault(one.port, set()).add(one.name)
        if self.options.namespace is None and DNS_PORT in names:
            return {DNS_PORT: names[DNS_PORT]}  # its metrics are no name server
        return names


def _backends(
    slices: Iterable[EndpointSlice], names: set[str], family: int
) -> Iterator[tuple[str, int]]:
    """Yield address and port of each endpoint that is ready, by the names of a Service's port."""
    for found in slices:
        if found.address_type != f"IPv{family}":
            continue
        ports = [one.port for one in found.ports or () if (one.name or "") in names and one.port]
        for endpoint in found.endpoints or ():
            conditions = endpoint.conditions
            if conditions.ready is not False and not conditions.terminating:
                # All addresses are of one endpoint, and only the first is used (EndpointSlice API).
                for address in (endpoint.addresses or ())[:1]:
                    yield from ((address, port) for port in ports)

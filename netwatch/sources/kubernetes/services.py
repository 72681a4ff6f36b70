"""Services become targets."""

from collections.abc import Iterator
from dataclasses import dataclass

from netwatch.endpoint import Endpoint, Source
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import Service
from netwatch.net.kubernetes.query import Query
from netwatch.source import SourceServices
from netwatch.sources.kubernetes.addresses import Choice, is_asked_for
from netwatch.sources.kubernetes.life import is_deleted
from netwatch.sources.kubernetes.reading import Reading
from netwatch.sources.kubernetes.source import ClusterSource
from netwatch.sources.services import ServicesOptions

_CODEC = ObjectCodec(Service)


def open_services(options: ServicesOptions, services: SourceServices) -> Source:
    """Make the source of `options`."""
    services.cluster.prepare()
    reader = ServiceReader(options, Choice(options.family))
    return ClusterSource(services.cluster, list(_queries(options)), reader.read)


def _queries(options: ServicesOptions) -> Iterator[Query[Service]]:
    if options.namespace is None:
        yield _query("default", name="kubernetes")
        yield _query("kube-system", selector="k8s-app=kube-dns")
    else:
        yield _query(options.namespace, name=options.name or "", selector=options.selector)


def _query(namespace: str, *, name: str = "", selector: str = "") -> Query[Service]:
    return Query(
        f"/api/v1/namespaces/{namespace}/services",
        _CODEC,
        label_selector=selector,
        field_selector=f"metadata.name={name}" if name else "",
    )


@dataclass(frozen=True, slots=True)
class ServiceReader:
    """Reads Services by options; headless ones have no address, and are no targets."""

    options: ServicesOptions
    choice: Choice

    def read(self, service: Service, now: float) -> Reading:
        """Return a target for each address and port that is asked for, called `namespace/name`."""
        del now
        metadata, spec = service.metadata, service.spec
        wanted = self.options.port
        ports = [one.port for one in spec.ports or () if is_asked_for(wanted, one.name, one.port)]
        return Reading(
            tuple(
                Endpoint(
                    name=f"{metadata.namespace}/{metadata.name}",
                    host=address,
                    address=address,
                    family=family,
                    port=port,
                    state="leaving" if is_deleted(metadata) else "ready",
                )
                for address, family in self.choice.of(spec.cluster_ips or ())
                for port in dict.fromkeys(ports)
            )
        )

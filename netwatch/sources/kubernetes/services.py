"""Services become targets."""

from collections.abc import Iterator
from dataclasses import dataclass

from netwatch.endpoint import Source
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import SERVICE_LABEL, EndpointSlice, Service
from netwatch.net.kubernetes.query import Query
from netwatch.source import SourceServices
from netwatch.sources.kubernetes.addresses import Choice
from netwatch.sources.kubernetes.backends import BackedReadings, Found
from netwatch.sources.kubernetes.reading import Readings
from netwatch.sources.kubernetes.servicereader import ServiceReader
from netwatch.sources.kubernetes.source import ClusterSource
from netwatch.sources.services import ServicesOptions

_SERVICES = ObjectCodec(Service)
_SLICES = ObjectCodec(EndpointSlice)


def open_services(options: ServicesOptions, services: SourceServices) -> Source:
    """Make the source of `options`."""
    services.cluster.prepare()
    reader, wanted = ServiceReader(options, Choice(options.family)), list(_wanted(options))
    queries = [one.services() for one in wanted]
    if not options.backends:
        return ClusterSource(services.cluster, queries, Readings(reader.read))
    both: list[Query[Found]] = [*queries, *(one.slices() for one in wanted)]
    return ClusterSource(services.cluster, both, BackedReadings(reader))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Services of a namespace: one, some, or all."""

    namespace: str
    name: str = ""
    selector: str = ""

    def services(self) -> Query[Service]:
        return Query(
            f"/api/v1/namespaces/{self.namespace}/services",
            _SERVICES,
            label_selector=self.selector,
            field_selector=f"metadata.name={self.name}" if self.name else "",
        )

    def slices(self) -> Query[EndpointSlice]:
        """A slice has the labels of its Service, and one that says whose it is."""
        by_name = f"{SERVICE_LABEL}={self.name}" if self.name else ""
        path = f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices"
        return Query(path, _SLICES, label_selector=self.selector or by_name)


def _wanted(options: ServicesOptions) -> Iterator[_Wanted]:
    if options.namespace is None:
        yield _Wanted("default", name="kubernetes")
        yield _Wanted("kube-system", selector="k8s-app=kube-dns")
    else:
        yield _Wanted(options.namespace, options.name or "", options.selector)

"""Services and those who do their work become targets that know their endpoints."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from netwatch.endpoint import Snapshot
from netwatch.net.kubernetes.objects import SERVICE_LABEL, EndpointSlice, Service
from netwatch.sources.kubernetes.servicereader import ServiceReader

Found = Service | EndpointSlice
"""What is looked for."""


class BackedReadings:
    """Turns Services and their EndpointSlices into a snapshot; see `Readings`.

    Nothing is remembered: they are few, and each change of a slice is one of its Service's target.
    """

    def __init__(self, reader: ServiceReader) -> None:
        self._reader = reader
        self.until: float | None = None

    async def snapshot(self, known: Sequence[Mapping[str, Found]], now: float) -> Snapshot:
        """Return a target for each address and port, with the backends that are ready."""
        services: list[Service] = []
        slices: defaultdict[tuple[str, str], list[EndpointSlice]] = defaultdict(list)
        for found in (item for items in known for item in items.values()):
            if isinstance(found, Service):
                services.append(found)
            else:
                name = (found.metadata.labels or {}).get(SERVICE_LABEL, "")
                slices[found.metadata.namespace, name].append(found)
        return tuple(
            endpoint
            for service in services
            for endpoint in self._reader.read(
                service, now, slices[service.metadata.namespace, service.metadata.name]
            ).endpoints
        )

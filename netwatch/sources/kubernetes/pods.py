"""Pods become targets."""

from dataclasses import dataclass

from netwatch.endpoint import Endpoint, Life, Source
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import Pod
from netwatch.net.kubernetes.query import Query
from netwatch.source import SourceServices
from netwatch.sources.kubernetes.addresses import Choice
from netwatch.sources.kubernetes.life import is_deleted, young_until
from netwatch.sources.kubernetes.reading import Reading, Readings
from netwatch.sources.kubernetes.source import ClusterSource
from netwatch.sources.pods import PodsOptions

_CODEC = ObjectCodec(Pod)
_ENDED = frozenset({"Succeeded", "Failed"})


def open_pods(options: PodsOptions, services: SourceServices) -> Source:
    """Make the source of `options`."""
    services.cluster.prepare()
    left_out = services.node_name if options.own_node == "exclude" else ""
    reader = PodReader(options, Choice(options.family), left_out)
    inside = f"/namespaces/{options.namespace}" if options.namespace else ""
    query = Query(f"/api/v1{inside}/pods", _CODEC, label_selector=options.selector)
    return ClusterSource(services.cluster, [query], Readings(reader.read))


@dataclass(frozen=True, slots=True)
class PodReader:
    """Reads pods by options; those of the node `left_out` are no targets."""

    options: PodsOptions
    choice: Choice
    left_out: str = ""

    def read(self, pod: Pod, now: float) -> Reading:
        """Return a target for each address that is asked for, called `namespace/name`."""
        is_left_out = bool(self.left_out) and pod.spec.node_name == self.left_out
        if is_left_out or pod.status.phase in _ENDED:
            return Reading()
        state, until = self._state(pod, now)
        endpoints = (
            Endpoint(
                name=f"{pod.metadata.namespace}/{pod.metadata.name}",
                host=address,
                address=address,
                family=family,
                port=self.options.port or 0,
                state=state,
                node=pod.spec.node_name,
            )
            for address, family in self.choice.of(one.ip for one in pod.status.pod_ips or ())
        )
        return Reading(tuple(endpoints), until)

    def _state(self, pod: Pod, now: float) -> tuple[Life, float | None]:
        """Return the state, and until when it is only that of one too young."""
        if is_deleted(pod.metadata):
            return "leaving", None
        if until := young_until(pod.metadata.creation_timestamp, self.options.grace, now):
            return "joining", until
        conditions = {one.type: one.status for one in pod.status.conditions or ()}
        return "ready" if conditions.get("Ready") == "True" else "not_ready", None

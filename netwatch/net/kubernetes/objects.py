"""What is read of the objects of Kubernetes: a few fields of many, into structs.

Sources: the API reference for v1 Node, Pod and Service, discovery.k8s.io/v1 EndpointSlice, and
apimachinery's meta/v1. Lists that Go left unset come as null.
"""

from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from netwatch.net.kubernetes.errors import MalformedAnswerError
from netwatch.net.kubernetes.query import Change, Page
from netwatch.net.kubernetes.refusal import refusal


class _Struct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Fields are called as in the API, in camelCase."""


class Metadata(_Struct, frozen=True, kw_only=True):
    """Of any object. A `deletion_timestamp` says that it is being taken away."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: dict[str, str] | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class KubernetesObject(_Struct, frozen=True, kw_only=True):
    """Any object."""

    metadata: Metadata = Metadata()


class Condition(_Struct, frozen=True, kw_only=True):
    """`status` is True, False or Unknown."""

    type: str = ""
    status: str = ""


class Taint(_Struct, frozen=True, kw_only=True):
    """What keeps pods away from a node."""

    key: str = ""


class NodeSpec(_Struct, frozen=True, kw_only=True):
    """`unschedulable` is what `kubectl cordon` sets."""

    unschedulable: bool = False
    taints: list[Taint] | None = None


class NodeAddress(_Struct, frozen=True, kw_only=True):
    """`type` is InternalIP, ExternalIP, Hostname, or a name in some DNS."""

    type: str = ""
    address: str = ""


class NodeStatus(_Struct, frozen=True, kw_only=True):
    """As the kubelet and the cloud say."""

    addresses: list[NodeAddress] | None = None
    conditions: list[Condition] | None = None


class Node(KubernetesObject, frozen=True, kw_only=True):
    """A machine of the cluster."""

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class PodSpec(_Struct, frozen=True, kw_only=True):
    """Where it runs."""

    node_name: str = ""


class PodIp(_Struct, frozen=True, kw_only=True):
    """One address, of one family."""

    ip: str = ""


class PodStatus(_Struct, frozen=True, kw_only=True):
    """`phase` is Pending, Running, Succeeded, Failed or Unknown."""

    phase: str = ""
    pod_ips: list[PodIp] | None = msgspec.field(default=None, name="podIPs")
    conditions: list[Condition] | None = None


class Pod(KubernetesObject, frozen=True, kw_only=True):
    """Containers that share a network."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class ServicePort(_Struct, frozen=True, kw_only=True):
    """`name` is empty where there is only one."""

    name: str = ""
    port: int = 0


class ServiceSpec(_Struct, frozen=True, kw_only=True):
    """`cluster_ips` is None for a headless Service: the word, in a list."""

    cluster_ips: list[str] | None = msgspec.field(default=None, name="clusterIPs")
    ports: list[ServicePort] | None = None


class Service(KubernetesObject, frozen=True, kw_only=True):
    """Addresses that kube-proxy, or what replaces it, leads to endpoints."""

    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(_Struct, frozen=True, kw_only=True):
    """`ready` that is unset means true; `terminating` that its pod is being taken away."""

    ready: bool | None = None
    terminating: bool | None = None


class ObjectReference(_Struct, frozen=True, kw_only=True):
    """Which object is meant."""

    kind: str = ""
    name: str = ""


class SliceEndpoint(_Struct, frozen=True, kw_only=True):
    """Whoever answers for a Service; the addresses are of one and the same."""

    addresses: list[str] | None = None
    conditions: EndpointConditions = EndpointConditions()
    target_ref: ObjectReference | None = None
    node_name: str | None = None
    zone: str | None = None


class EndpointPort(_Struct, frozen=True, kw_only=True):
    """Named as the port of the Service."""

    name: str | None = None
    port: int | None = None


class EndpointSlice(KubernetesObject, frozen=True, kw_only=True):
    """Some endpoints of a Service, all of one address family."""

    endpoints: list[SliceEndpoint] | None = None
    ports: list[EndpointPort] | None = None


ObjectT = TypeVar("ObjectT", bound=KubernetesObject)


class _ListMetadata(_Struct, frozen=True, kw_only=True):
    resource_version: str = ""
    continue_: str = msgspec.field(default="", name="continue")


class _List(_Struct, Generic[ObjectT], frozen=True, kw_only=True):
    metadata: _ListMetadata = _ListMetadata()
    items: list[ObjectT] | None = None


class _Event(_Struct, frozen=True, kw_only=True):
    type: str
    object: msgspec.Raw


class _Status(_Struct, frozen=True, kw_only=True):
    code: int = 0


class Objects(Generic[ObjectT]):
    """The codec of one kind of objects."""

    def __init__(self, kind: type[ObjectT]) -> None:
        listed: Any = _List[kind]  # type: ignore[valid-type]  # msgspec reads it at run time
        self._list: msgspec.json.Decoder[_List[ObjectT]] = msgspec.json.Decoder(listed)
        self._object = msgspec.json.Decoder(kind)

    def page(self, body: bytes) -> Page[ObjectT]:
        """Read a list. Raises MalformedAnswerError."""
        listed = _read(self._list, body)
        return Page(
            {item.metadata.uid: item for item in listed.items or ()},
            listed.metadata.resource_version,
            listed.metadata.continue_,
        )

    def change(self, line: bytes) -> Change[ObjectT]:
        """Read an event (meta/v1 WatchEvent): an object, a Status for errors.

        Raises MalformedAnswerError, and ApiError for an event of an error.
        """
        event = _read(_EVENT, line)
        if event.type == "ERROR":
            raise refusal(_read(_STATUS, event.object).code, bytes(event.object))
        found = _read(self._object, event.object)
        uid, version = found.metadata.uid, found.metadata.resource_version
        match event.type:
            case "ADDED" | "MODIFIED":
                return Change(uid, found, version)
            case "DELETED":
                return Change(uid, None, version)
            case "BOOKMARK":
                return Change("", None, version)
        raise MalformedAnswerError(f"found an event {event.type!r}, expected one of a watch")


_EVENT = msgspec.json.Decoder(_Event)
_STATUS = msgspec.json.Decoder(_Status)

ReadT = TypeVar("ReadT")


def _read(decoder: "msgspec.json.Decoder[ReadT]", text: bytes | msgspec.Raw) -> ReadT:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedAnswerError(f"found what is no answer of the API: {error}") from error

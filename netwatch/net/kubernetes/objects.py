"""What is read of the objects of Kubernetes: a few fields of many, into structs.

Sources: the API reference for v1 Node, Pod and Service, discovery.k8s.io/v1 EndpointSlice, and
apimachinery's meta/v1. Lists that Go left unset come as null.
"""

from datetime import datetime

import msgspec


class Struct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """Fields are called as in the API, in camelCase.

    Nothing in them leads back to them, so the collector, which would stop all else for 100 ms to
    look at those of 5,000 nodes, need not: hence tuples, which it also leaves out.
    """


class Metadata(Struct, frozen=True, kw_only=True):
    """Of any object. A `deletion_timestamp` says that it is being taken away."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    labels: dict[str, str] | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None


class KubernetesObject(Struct, frozen=True, kw_only=True):
    """Any object."""

    metadata: Metadata = Metadata()


class Condition(Struct, frozen=True, kw_only=True):
    """`status` is True, False or Unknown."""

    type: str = ""
    status: str = ""


class Taint(Struct, frozen=True, kw_only=True):
    """What keeps pods away from a node."""

    key: str = ""


class NodeSpec(Struct, frozen=True, kw_only=True):
    """`unschedulable` is what `kubectl cordon` sets."""

    unschedulable: bool = False
    taints: tuple[Taint, ...] | None = None


class NodeAddress(Struct, frozen=True, kw_only=True):
    """`type` is InternalIP, ExternalIP, Hostname, or a name in some DNS."""

    type: str = ""
    address: str = ""


class NodeStatus(Struct, frozen=True, kw_only=True):
    """As the kubelet and the cloud say."""

    addresses: tuple[NodeAddress, ...] | None = None
    conditions: tuple[Condition, ...] | None = None


class Node(KubernetesObject, frozen=True, kw_only=True):
    """A machine of the cluster."""

    spec: NodeSpec = NodeSpec()
    status: NodeStatus = NodeStatus()


class PodSpec(Struct, frozen=True, kw_only=True):
    """Where it runs."""

    node_name: str = ""


class PodIp(Struct, frozen=True, kw_only=True):
    """One address, of one family."""

    ip: str = ""


class PodStatus(Struct, frozen=True, kw_only=True):
    """`phase` is Pending, Running, Succeeded, Failed or Unknown."""

    phase: str = ""
    pod_ips: tuple[PodIp, ...] | None = msgspec.field(default=None, name="podIPs")
    conditions: tuple[Condition, ...] | None = None


class Pod(KubernetesObject, frozen=True, kw_only=True):
    """Containers that share a network."""

    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class ServicePort(Struct, frozen=True, kw_only=True):
    """`name` is empty where there is only one; `protocol` is TCP, UDP or SCTP."""

    name: str = ""
    port: int = 0
    protocol: str = "TCP"


class ServiceSpec(Struct, frozen=True, kw_only=True):
    """`cluster_ips` is None for a headless Service: the word, in a list."""

    cluster_ips: tuple[str, ...] | None = msgspec.field(default=None, name="clusterIPs")
    ports: tuple[ServicePort, ...] | None = None


class Service(KubernetesObject, frozen=True, kw_only=True):
    """Addresses that kube-proxy, or what replaces it, leads to endpoints."""

    spec: ServiceSpec = ServiceSpec()


class EndpointConditions(Struct, frozen=True, kw_only=True):
    """`ready` that is unset means true; `terminating` that its pod is being taken away."""

    ready: bool | None = None
    terminating: bool | None = None


class ObjectReference(Struct, frozen=True, kw_only=True):
    """Which object is meant."""

    kind: str = ""
    name: str = ""


class SliceEndpoint(Struct, frozen=True, kw_only=True):
    """Whoever answers for a Service; the addresses are of one and the same."""

    addresses: tuple[str, ...] | None = None
    conditions: EndpointConditions = EndpointConditions()
    target_ref: ObjectReference | None = None
    node_name: str | None = None
    zone: str | None = None


class EndpointPort(Struct, frozen=True, kw_only=True):
    """Named as the port of the Service."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = "TCP"


SERVICE_LABEL = "kubernetes.io/service-name"
"""On each EndpointSlice: whose it is."""


class EndpointSlice(KubernetesObject, frozen=True, kw_only=True):
    """Some endpoints of a Service, all of one address family: `IPv4` or `IPv6`."""

    address_type: str = ""
    endpoints: tuple[SliceEndpoint, ...] | None = None
    ports: tuple[EndpointPort, ...] | None = None

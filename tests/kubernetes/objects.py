"""Objects as the API server keeps them, of which tests say what matters to them."""

import json
from collections.abc import Mapping
from typing import Any

NODES = "/api/v1/nodes"
PODS = "/api/v1/namespaces/web/pods"
SYSTEM_SERVICES = "/api/v1/namespaces/kube-system/services"
DEFAULT_SERVICES = "/api/v1/namespaces/default/services"
SYSTEM_SLICES = "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices"

Object = dict[str, Any]


def a_list(*items: Object) -> bytes:
    """What the server answers."""
    return json.dumps({"metadata": {"resourceVersion": "1"}, "items": items}).encode()


def a_node(
    name: str,
    *internal: str,
    addresses: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
    taints: tuple[str, ...] = (),
    ready: bool = True,
    cordoned: bool = False,
    created: str = "2020-01-01T00:00:00Z",
    **metadata: str,
) -> Object:
    """A node with internal addresses, and others by their type."""
    listed = [{"type": "InternalIP", "address": address} for address in internal]
    listed += [{"type": kind, "address": text} for kind, text in (addresses or {}).items()]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": labels or {},
            "creationTimestamp": created,
            **metadata,
        },
        "spec": {
            **({"unschedulable": True} if cordoned else {}),
            "taints": [{"key": key, "effect": "NoSchedule"} for key in taints],
        },
        "status": {
            "addresses": listed,
            "conditions": [
                {"type": "MemoryPressure", "status": "False"},
                {"type": "Ready", "status": "True" if ready else "Unknown"},
            ],
        },
    }


def a_pod(
    name: str,
    *addresses: str,
    node: str = "kube-1",
    phase: str = "Running",
    ready: bool = True,
    labels: dict[str, str] | None = None,
    created: str = "2020-01-01T00:00:00Z",
    **metadata: str,
) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": "web",
            "labels": labels or {},
            "creationTimestamp": created,
            **metadata,
        },
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "wiki"}]},
        "status": {
            "phase": phase,
            "podIP": addresses[0] if addresses else "",
            "podIPs": [{"ip": address} for address in addresses],
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


Ports = Mapping[str, int | str]
"""By their names; of TCP, or as kubectl writes it: `53/UDP`."""

DNS_PORTS: Ports = {"dns": "53/UDP", "dns-tcp": 53}


def _port(name: str, written: int | str) -> Object:
    number, _, protocol = str(written).partition("/")
    return {"name": name, "port": int(number), "protocol": protocol or "TCP"}


def a_service(
    name: str,
    *addresses: str,
    namespace: str = "kube-system",
    ports: Ports = DNS_PORTS,
    labels: dict[str, str] | None = None,
) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, "labels": labels or {}},
        "spec": {
            "clusterIP": addresses[0],
            "clusterIPs": list(addresses),
            "ports": [_port(key, port) for key, port in ports.items()],
        },
    }


def an_endpoint(
    address: str,
    pod: str = "",
    *,
    node: str = "",
    zone: str = "",
    **conditions: bool,
) -> Object:
    return {
        "addresses": [address],
        "conditions": conditions,
        **({"targetRef": {"kind": "Pod", "name": pod}} if pod else {}),
        **({"nodeName": node} if node else {}),
        **({"zone": zone} if zone else {}),
    }


def a_slice(
    name: str,
    *endpoints: Object,
    service: str = "kube-dns",
    ports: Ports | None = None,
    labels: dict[str, str] | None = None,
) -> Object:
    """A slice without ports is that of a headless Service that names none."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "namespace": "kube-system",
            "labels": {"kubernetes.io/service-name": service, **(labels or {})},
        },
        "addressType": "IPv4",
        "endpoints": list(endpoints) or None,
        "ports": [_port(key, port) for key, port in (ports or {}).items()] or None,
    }

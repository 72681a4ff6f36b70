from typing import Any

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import Service
from netwatch.sources.kubernetes.addresses import Choice
from netwatch.sources.kubernetes.servicereader import ServiceReader
from netwatch.sources.services import ServicesOptions
from tests.kubernetes.apiserver import Object
from tests.kubernetes.objects import DNS_PORTS, a_list, a_service

CODEC = ObjectCodec(Service)
PORTS = {**DNS_PORTS, "metrics": 9153}


def read(service: Object, **options: Any) -> Snapshot:
    (found,) = CODEC.page(a_list(service)).objects.values()
    chosen = ServicesOptions(**options)
    return ServiceReader(chosen, Choice(chosen.family)).read(found, 0).endpoints


def test_a_service_is_a_target_for_each_address_and_port() -> None:
    shared: dict[str, Any] = {"name": "kube-system/kube-dns", "state": "ready"}
    ipv4: dict[str, Any] = {"host": "10.0.0.10", "address": "10.0.0.10", "family": 4}
    ipv6: dict[str, Any] = {"host": "fd00::a", "address": "fd00::a", "family": 6}
    service = a_service("kube-dns", "10.0.0.10", "fd00::a", ports=PORTS)
    assert read(service, namespace="kube-system") == (
        Endpoint(port=53, **shared, **ipv4),
        Endpoint(port=9153, **shared, **ipv4),
        Endpoint(port=53, **shared, **ipv6),
        Endpoint(port=9153, **shared, **ipv6),
    )


def test_only_the_port_that_is_asked_for_is_a_target() -> None:
    service = a_service("kube-dns", "10.0.0.10", ports=PORTS)
    assert [one.port for one in read(service, port="metrics")] == [9153]
    assert [one.port for one in read(service, port=53)] == [53]
    assert read(service, port="https") == ()


def test_of_cluster_dns_that_nobody_named_only_dns_is_a_target() -> None:
    service = a_service("kube-dns", "10.0.0.10", ports=PORTS)
    assert [one.port for one in read(service)] == [53]
    assert [one.port for one in read(service, port="metrics")] == [9153]


def test_a_port_of_udp_alone_is_a_target_only_where_it_is_asked_for() -> None:
    service = a_service("kube-dns", "10.0.0.10", ports={"dns": "53/UDP", "metrics": 9153})
    assert [one.port for one in read(service)] == [9153]
    assert [one.port for one in read(service, port="dns")] == [53]
    assert [one.port for one in read(service, protocol="UDP")] == [53]
    assert read(service, port="dns", protocol="TCP") == ()


def test_a_headless_service_has_no_address_and_is_no_target() -> None:
    assert read(a_service("peers", "None")) == ()


def test_a_service_that_is_being_deleted_is_leaving() -> None:
    service = a_service("kube-dns", "10.0.0.10")
    service["metadata"]["deletionTimestamp"] = "2024-01-01T00:00:00Z"
    assert [one.state for one in read(service)] == ["leaving"]

from collections.abc import Mapping
from typing import Any

from netwatch.endpoint import Snapshot
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import EndpointSlice, Service
from netwatch.sources.kubernetes.addresses import Choice
from netwatch.sources.kubernetes.backends import BackedReadings, Found
from netwatch.sources.kubernetes.servicereader import ServiceReader
from netwatch.sources.services import ServicesOptions
from tests.kubernetes.apiserver import Object
from tests.kubernetes.objects import DNS_PORTS, Ports, a_list, a_service, a_slice, an_endpoint


async def read(services: list[Object], slices: list[Object], **options: Any) -> Snapshot:
    chosen = ServicesOptions(backends=True, **options)
    found: list[Mapping[str, Found]] = [
        ObjectCodec(Service).page(a_list(*services)).objects,
        ObjectCodec(EndpointSlice).page(a_list(*map(with_uid, slices))).objects,
    ]
    return await BackedReadings(ServiceReader(chosen, Choice(chosen.family))).snapshot(found, 0)


def with_uid(found: Object) -> Object:
    return found | {"metadata": found["metadata"] | {"uid": found["metadata"]["name"]}}


async def backends(*slices: Object) -> tuple[tuple[str, int], ...]:
    (target,) = await read([a_service("kube-dns", "10.0.0.10", ports=DNS_PORTS)], list(slices))
    return target.backends


async def test_a_service_knows_the_endpoints_of_all_its_slices() -> None:
    ports: Ports = {"dns": "5353/UDP", "dns-tcp": 5353}
    one = a_slice("a", an_endpoint("10.1.0.7"), an_endpoint("10.1.0.8"), ports=ports)
    two = a_slice("b", an_endpoint("10.1.0.9"), ports=ports)
    assert await backends(one, two) == (("10.1.0.7", 5353), ("10.1.0.8", 5353), ("10.1.0.9", 5353))
    assert await backends() == ()


async def test_endpoints_that_are_not_ready_or_go_away_are_no_backends() -> None:
    found = a_slice(
        "a",
        an_endpoint("10.1.0.7", ready=False),
        an_endpoint("10.1.0.8", ready=True, terminating=True),
        an_endpoint("10.1.0.9", ready=True),
        an_endpoint("10.1.0.10"),
        ports=DNS_PORTS,
    )
    assert await backends(found) == (("10.1.0.10", 53), ("10.1.0.9", 53))


async def test_ports_are_those_of_the_same_name() -> None:
    assert await backends(a_slice("a", an_endpoint("10.1.0.7"), ports={"metrics": 9153})) == ()


async def test_whoever_answers_by_udp_alone_is_no_backend_to_connect_to() -> None:
    assert await backends(a_slice("a", an_endpoint("10.1.0.7"), ports={"dns": "53/UDP"})) == ()


async def test_slices_of_other_services_and_families_are_none_of_its_own() -> None:
    other = a_slice("a", an_endpoint("10.1.0.7"), service="metrics", ports=DNS_PORTS)
    ipv6 = a_slice("b", an_endpoint("fd00::7"), ports=DNS_PORTS) | {"addressType": "IPv6"}
    assert await backends(other, ipv6) == ()


async def test_each_address_of_a_service_has_the_endpoints_of_its_family() -> None:
    service = a_service("kube-dns", "10.0.0.10", "fd00::a", ports=DNS_PORTS)
    ipv4 = a_slice("a", an_endpoint("10.1.0.7"), ports=DNS_PORTS)
    ipv6 = a_slice("b", an_endpoint("fd00::7"), ports=DNS_PORTS) | {"addressType": "IPv6"}
    found = {one.address: one.backends for one in await read([service], [ipv4, ipv6])}
    assert found == {"10.0.0.10": (("10.1.0.7", 53),), "fd00::a": (("fd00::7", 53),)}

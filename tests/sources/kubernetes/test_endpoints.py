from typing import Any

import pytest

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import EndpointSlice
from netwatch.sources.endpoints import EndpointsOptions
from netwatch.sources.kubernetes.addresses import Choice
from netwatch.sources.kubernetes.endpoints import SliceReader
from tests.kubernetes.apiserver import Object
from tests.kubernetes.objects import a_list, a_slice, an_endpoint

CODEC = ObjectCodec(EndpointSlice)
DNS = an_endpoint("10.1.0.7", "dns-0", node="kube-1", zone="a", ready=True)
PORTS = {"dns": 53, "dns-tcp": 53, "metrics": 9153}


def read(found: Object, left_out: str = "", **options: Any) -> Snapshot:
    (decoded,) = CODEC.page(a_list(found)).objects.values()
    chosen = EndpointsOptions(namespace="kube-system", service="kube-dns", **options)
    return SliceReader(chosen, Choice(chosen.family), left_out).read(decoded, 0).endpoints


def test_an_endpoint_is_a_target_for_each_of_its_ports() -> None:
    shared: dict[str, Any] = {
        "name": "dns-0",
        "host": "10.1.0.7",
        "address": "10.1.0.7",
        "family": 4,
        "zone": "a",
        "state": "ready",
        "node": "kube-1",
    }
    assert read(a_slice("s", DNS, ports=PORTS)) == (
        Endpoint(port=53, **shared),
        Endpoint(port=9153, **shared),
    )


@pytest.mark.parametrize(("port", "numbers"), [("dns", [53]), (9153, [9153]), ("https", [])])
def test_only_the_port_that_is_asked_for_is_a_target(port: str | int, numbers: list[int]) -> None:
    assert [one.port for one in read(a_slice("s", DNS, ports=PORTS), port=port)] == numbers


def test_a_headless_service_without_ports_has_targets_without() -> None:
    assert [one.port for one in read(a_slice("s", DNS))] == [0]
    assert read(a_slice("s", DNS), port="dns") == ()


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, "ready"),
        ({"ready": True}, "ready"),
        ({"ready": False}, "not_ready"),
        ({"ready": False, "serving": True, "terminating": True}, "leaving"),
    ],
)
def test_endpoints_that_are_not_ready_are_targets_with_their_state(
    conditions: dict[str, Any], expected: str
) -> None:
    (found,) = read(a_slice("s", an_endpoint("10.1.0.7", "dns-0", **conditions)))
    assert found.state == expected


def test_an_endpoint_without_a_pod_is_called_by_its_address() -> None:
    assert [one.name for one in read(a_slice("s", an_endpoint("10.0.0.1")))] == ["10.0.0.1"]


def test_an_endpoint_may_stand_for_its_node() -> None:
    (found,) = read(a_slice("s", DNS), name="node")
    assert (found.name, found.is_node) == ("kube-1", True)
    (unknown,) = read(a_slice("s", an_endpoint("10.0.0.1")), name="node")
    assert (unknown.name, unknown.is_node) == ("10.0.0.1", False)
    assert not read(a_slice("s", DNS))[0].is_node


def test_an_endpoint_knows_on_which_node_it_runs_unless_it_stands_for_it() -> None:
    assert [one.node for one in read(a_slice("s", DNS, an_endpoint("10.0.0.1")))] == ["kube-1", ""]
    assert [one.node for one in read(a_slice("s", DNS), name="node")] == [""]


def test_endpoints_on_our_own_node_may_be_left_out() -> None:
    other = an_endpoint("10.1.0.8", "dns-1", node="kube-2")
    assert [one.name for one in read(a_slice("s", DNS, other), "kube-1")] == ["dns-1"]


def test_names_in_place_of_addresses_are_no_targets() -> None:
    assert read(a_slice("s", an_endpoint("wiki.example"))) == ()
    assert read(a_slice("s")) == ()
    assert read(a_slice("s", DNS), family="ipv6") == ()

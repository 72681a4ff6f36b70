from typing import Any

import pytest

from netwatch.endpoint import Endpoint
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import Node
from netwatch.sources.kubernetes.addresses import Choice
from netwatch.sources.kubernetes.nodes import NodeReader
from netwatch.sources.kubernetes.reading import Reading
from netwatch.sources.nodes import NodesOptions
from tests.kubernetes.apiserver import Object
from tests.kubernetes.objects import a_list, a_node

NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z
A_MINUTE_AGO = "2023-11-14T22:12:20Z"
CODEC = ObjectCodec(Node)


def read(node: Object, **options: Any) -> Reading:
    (found,) = CODEC.page(a_list(node)).objects.values()
    chosen = NodesOptions.model_validate(options)
    return NodeReader(chosen, Choice(chosen.family), "kube-0").read(found, NOW)


def hosts(node: Object, **options: Any) -> list[str]:
    return [endpoint.host for endpoint in read(node, **options).endpoints]


def state(node: Object, **options: Any) -> str:
    (endpoint,) = read(node, **options).endpoints
    return endpoint.state


def test_a_node_is_a_target_with_all_that_is_known_of_it() -> None:
    labels = {"topology.kubernetes.io/zone": "a", "example.com/pool": "web", "other": "x"}
    reading = read(a_node("kube-1", "10.0.0.1", labels=labels), labels={"pool": "example.com/pool"})
    assert reading == Reading(
        (
            Endpoint(
                name="kube-1",
                host="10.0.0.1",
                address="10.0.0.1",
                family=4,
                zone="a",
                labels=(("pool", "web"),),
                is_node=True,
                state="ready",
            ),
        )
    )


def test_the_zone_may_be_in_the_label_of_old() -> None:
    old = a_node("kube-1", "10.0.0.1", labels={"failure-domain.beta.kubernetes.io/zone": "b"})
    assert read(old).endpoints[0].zone == "b"
    assert read(a_node("kube-1", "10.0.0.1")).endpoints[0].zone == ""


def test_a_label_that_a_node_does_not_have_is_empty() -> None:
    reading = read(a_node("kube-1", "10.0.0.1"), labels={"pool": "example.com/pool"})
    assert reading.endpoints[0].labels == (("pool", ""),)


def test_each_family_of_a_dual_stack_node_is_a_target() -> None:
    node = a_node("kube-1", "10.0.0.1", "fd00::1", "10.9.9.9")
    assert hosts(node) == ["10.0.0.1", "fd00::1"]
    assert hosts(node, family="ipv6") == ["fd00::1"]
    assert hosts(node, family="any") == ["10.0.0.1"]


def test_the_address_is_of_the_type_that_is_asked_for() -> None:
    others = {"ExternalIP": "192.0.2.1", "Hostname": "kube-1.example"}
    node = a_node("kube-1", "10.0.0.1", addresses=others)
    assert hosts(node, address="ExternalIP") == ["192.0.2.1"]
    (named,) = read(node, address="Hostname").endpoints
    assert (named.host, named.address, named.family) == ("kube-1.example", "", 0)


def test_a_node_without_such_an_address_is_no_target() -> None:
    assert hosts(a_node("kube-1", "10.0.0.1"), address="ExternalIP") == []
    assert hosts(a_node("kube-1")) == []


def test_our_own_node_is_named_and_not_probed() -> None:
    for name in ("kube-0", "kube-1"):
        (endpoint,) = read(a_node(name, "10.0.0.1")).endpoints
        assert endpoint.is_own is (name == "kube-0")


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({}, "ready"),
        ({"ready": False}, "not_ready"),
        ({"cordoned": True}, "cordoned"),
        ({"cordoned": True, "ready": False}, "not_ready"),
        ({"taints": ("karpenter.sh/disrupted",)}, "leaving"),
        ({"deletionTimestamp": A_MINUTE_AGO}, "leaving"),
        ({"created": A_MINUTE_AGO}, "joining"),
        ({"created": A_MINUTE_AGO, "ready": False}, "joining"),
        ({"created": A_MINUTE_AGO, "deletionTimestamp": A_MINUTE_AGO}, "leaving"),
    ],
)
def test_the_state_is_where_it_stands_in_its_life(node: dict[str, Any], expected: str) -> None:
    assert state(a_node("kube-1", "10.0.0.1", **node)) == expected


def test_a_cordoned_node_is_leaving_where_that_is_asked_for() -> None:
    assert state(a_node("kube-1", "10.0.0.1", cordoned=True), silence_cordoned=True) == "leaving"


def test_a_young_node_is_read_again_when_it_is_no_longer_young() -> None:
    young = a_node("kube-1", "10.0.0.1", created=A_MINUTE_AGO)
    assert read(young).until == NOW + 60
    assert read(young, grace="30s").until is None
    assert state(young, grace="0s") == "ready"

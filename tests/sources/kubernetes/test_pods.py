from typing import Any

import pytest

from netwatch.endpoint import Endpoint
from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.objects import Pod
from netwatch.sources.kubernetes.addresses import Choice
from netwatch.sources.kubernetes.pods import PodReader
from netwatch.sources.kubernetes.reading import Reading
from netwatch.sources.pods import PodsOptions
from tests.kubernetes.apiserver import Object
from tests.kubernetes.objects import a_list, a_pod

NOW = 1_700_000_000.0  # 2023-11-14T22:13:20Z
A_MINUTE_AGO = "2023-11-14T22:12:20Z"
CODEC = ObjectCodec(Pod)


def read(pod: Object, left_out: str = "", **options: Any) -> Reading:
    (found,) = CODEC.page(a_list(pod)).objects.values()
    chosen = PodsOptions.model_validate(options)
    return PodReader(chosen, Choice(chosen.family), left_out).read(found, NOW)


def test_a_pod_is_a_target_for_each_of_its_families() -> None:
    shared: dict[str, Any] = {
        "name": "web/wiki-0",
        "port": 80,
        "state": "ready",
        "node": "kube-1",
    }
    assert read(a_pod("wiki-0", "10.1.0.7", "fd00::7"), port=80).endpoints == (
        Endpoint(host="10.1.0.7", address="10.1.0.7", family=4, **shared),
        Endpoint(host="fd00::7", address="fd00::7", family=6, **shared),
    )


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_is_no_target(phase: str) -> None:
    assert read(a_pod("wiki-0", "10.1.0.7", phase=phase)) == Reading()


def test_a_pod_without_an_address_is_no_target_yet() -> None:
    assert read(a_pod("wiki-0", phase="Pending")).endpoints == ()


def test_pods_of_our_own_node_may_be_left_out() -> None:
    assert read(a_pod("wiki-0", "10.1.0.7", node="kube-0"), "kube-0").endpoints == ()
    assert read(a_pod("wiki-0", "10.1.0.7", node="kube-1"), "kube-0").endpoints


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        ({}, "ready"),
        ({"ready": False}, "not_ready"),
        ({"created": A_MINUTE_AGO}, "joining"),
        ({"deletionTimestamp": A_MINUTE_AGO}, "leaving"),
    ],
)
def test_the_state_is_where_it_stands_in_its_life(pod: dict[str, Any], expected: str) -> None:
    (endpoint,) = read(a_pod("wiki-0", "10.1.0.7", **pod)).endpoints
    assert endpoint.state == expected


def test_a_young_pod_is_read_again_when_it_is_no_longer_young() -> None:
    assert read(a_pod("wiki-0", "10.1.0.7", created=A_MINUTE_AGO)).until == NOW + 60

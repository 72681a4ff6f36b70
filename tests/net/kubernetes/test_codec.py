import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.kubernetes.codec import ObjectCodec
from netwatch.net.kubernetes.errors import ApiError, MalformedAnswerError
from netwatch.net.kubernetes.objects import EndpointSlice, Node, Pod, Service
from netwatch.net.kubernetes.query import Change
from tests.kubernetes.apiserver import event, status_of
from tests.kubernetes.objects import a_node, a_pod, a_service, a_slice, an_endpoint

NODES, PODS = ObjectCodec(Node), ObjectCodec(Pod)
SERVICES, SLICES = ObjectCodec(Service), ObjectCodec(EndpointSlice)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def listed(*items: Any, **metadata: str) -> bytes:
    metadata = {"resourceVersion": "1"} | metadata
    return json.dumps({"metadata": metadata, "items": list(items)}).encode()


def test_a_list_is_objects_by_uid_with_its_version_and_what_is_left() -> None:
    node = a_node("kube-1", "10.0.0.1", uid="u", labels={"a": "b"}, taints=("t",), cordoned=True)
    page = NODES.page(listed(node, **{"resourceVersion": "7", "continue": "next"}))
    assert (page.version, page.rest) == ("7", "next")
    found = page.objects["u"]
    assert (found.metadata.name, found.metadata.labels) == ("kube-1", {"a": "b"})
    assert found.metadata.creation_timestamp == datetime(2020, 1, 1, tzinfo=UTC)
    assert found.metadata.deletion_timestamp is None
    assert found.spec.unschedulable
    assert [taint.key for taint in found.spec.taints or ()] == ["t"]
    (address,) = found.status.addresses or ()
    assert (address.type, address.address) == ("InternalIP", "10.0.0.1")


def test_pods_services_and_slices_are_read_by_the_names_of_the_api() -> None:
    (pod,) = PODS.page(listed(a_pod("wiki-0", "10.1.0.7", "fd00::7"))).objects.values()
    assert [one.ip for one in pod.status.pod_ips or ()] == ["10.1.0.7", "fd00::7"]
    assert (pod.spec.node_name, pod.status.phase) == ("kube-1", "Running")
    (service,) = SERVICES.page(listed(a_service("kube-dns", "10.0.0.10"))).objects.values()
    assert service.spec.cluster_ips == ("10.0.0.10",)
    endpoint = an_endpoint("10.1.0.7", "dns-0", node="kube-1", ready=False, terminating=True)
    (found,) = SLICES.page(listed(a_slice("s", endpoint, ports={"dns": 53}))).objects.values()
    (one,) = found.endpoints or ()
    assert (one.addresses, one.node_name) == (("10.1.0.7",), "kube-1")
    assert (one.conditions.ready, one.conditions.terminating) == (False, True)
    assert one.target_ref
    assert one.target_ref.name == "dns-0"
    assert [(port.name, port.port) for port in found.ports or ()] == [("dns", 53)]


def test_what_go_left_unset_is_null_and_no_trouble() -> None:
    assert NODES.page(b'{"metadata": {"resourceVersion": "1"}, "items": null}').objects == {}
    empty = {"metadata": {"uid": "u"}, "endpoints": None, "ports": None}
    assert SLICES.page(listed(empty)).objects["u"].endpoints is None


@pytest.mark.parametrize("body", [b"{}", b'{"kind": "Status"}', b'{"items": []}'])
def test_what_has_no_version_is_no_list(body: bytes) -> None:
    with pytest.raises(MalformedAnswerError, match="found no resourceVersion"):
        NODES.page(body)


def test_events_are_changes() -> None:
    node = a_node("kube-1", uid="u", resourceVersion="7")
    for kind in ("ADDED", "MODIFIED"):
        change = NODES.change(event(kind, node))
        assert (change.uid, change.version) == ("u", "7")
        assert change.object
        assert change.object.metadata.name == "kube-1"
    assert NODES.change(event("DELETED", node)) == Change("u", None, "7")
    bookmark = {"kind": "Node", "metadata": {"resourceVersion": "9"}}
    assert NODES.change(event("BOOKMARK", bookmark)) == Change("", None, "9")


def test_an_event_of_an_error_is_one() -> None:
    with pytest.raises(ApiError, match="too old") as caught:
        NODES.change(event("ERROR", status_of(410, "too old")))
    assert caught.value.is_version_gone


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"type": "ADDED"}',
        b'{"type": "ADDED", "object": []}',
        b'{"type": "ADDED", "object": {"metadata": {"name": 7}}}',
        b'{"type": "RENAMED", "object": {}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_malformed(line: bytes) -> None:
    with pytest.raises(MalformedAnswerError, match="found"):
        NODES.change(line)


@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
def test_anything_is_an_answer_or_malformed(text: bytes) -> None:
    for read in (NODES.page, NODES.change, SLICES.page, PODS.page, SERVICES.page):
        try:
            read(text)
        except ApiError as error:
            assert str(error)  # noqa: PT017 - either is well

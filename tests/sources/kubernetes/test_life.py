from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.kubernetes.objects import Metadata, Node, NodeSpec, Taint
from netwatch.sources.kubernetes.life import is_deleted, is_leaving, young_until

CREATED = datetime(2024, 1, 1, tzinfo=UTC)
AT = CREATED.timestamp()


def tainted(*keys: str, cordoned: bool = False) -> Node:
    taints = tuple(Taint(key=key) for key in keys)
    return Node(spec=NodeSpec(taints=taints, unschedulable=cordoned))


@pytest.mark.parametrize(
    "key",
    ["ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted", "karpenter.sh/disruption"],
)
def test_an_autoscaler_that_has_decided_says_so_by_a_taint(key: str) -> None:
    assert is_leaving(tainted("other", key), silence_cordoned=False)


@pytest.mark.parametrize(
    "key",
    [
        "DeletionCandidateOfClusterAutoscaler",
        "node.kubernetes.io/unreachable",
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unschedulable",
    ],
)
def test_no_other_taint_is_a_purpose(key: str) -> None:
    assert not is_leaving(tainted(key), silence_cordoned=True)


def test_a_cordoned_node_leaves_only_if_that_is_asked_for() -> None:
    assert not is_leaving(tainted(cordoned=True), silence_cordoned=False)
    assert is_leaving(tainted(cordoned=True), silence_cordoned=True)


def test_what_is_being_deleted_leaves() -> None:
    metadata = Metadata(deletion_timestamp=CREATED)
    assert is_deleted(metadata)
    assert is_leaving(Node(metadata=metadata), silence_cordoned=False)
    assert not is_deleted(Metadata())


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (AT, AT + 120),
        (AT + 119, AT + 120),
        (AT + 120, None),
        (AT + 9999, None),
        (AT - 60, AT + 120),  # our clock is a little late
        (AT - 9999, None),  # our clock is wrong
    ],
)
def test_youth_has_an_end(now: float, until: float | None) -> None:
    assert young_until(CREATED, 120, now) == until


def test_without_a_time_of_birth_or_a_grace_nobody_is_young() -> None:
    assert young_until(None, 120, AT) is None
    assert young_until(CREATED, 0, AT) is None


@given(st.floats(-1e9, 1e9), st.floats(0, 1e6))
def test_an_end_is_always_to_come_and_bounded(offset: float, grace: float) -> None:
    until = young_until(CREATED, grace, AT + offset)
    assert until is None or AT + offset < until < AT + offset + 2 * grace + 1

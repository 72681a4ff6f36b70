import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.kubeproxyhealth import MalformedHealthError, parse_go_time, parse_health

FIXTURES = Path(__file__).parent.parent / "fixtures/kube-proxy"

TIMES = [
    ("2026-11-21T02:44:34.25Z", 1795229074.25),
    ("2026-11-21T03:44:34+01:00", 1795229074),
    ("2026-11-21T02:44:34.171994065Z", 1795229074.171994065),
    ("2026-11-21 02:44:34.25 +0000 UTC m=+123.456", 1795229074.25),
    ("2026-11-20 21:44:34 -0500 EST", 1795229074),
    ("0001-01-01T00:00:00Z", None),
    ("0001-01-01 00:00:00 +0000 UTC", None),
    ("2026-13-45T02:44:34Z", None),
    ("soon", None),
    (None, None),
    (5, None),
]


@pytest.mark.parametrize(("text", "seconds"), TIMES)
def test_a_time_is_read_as_every_version_writes_it(text: object, seconds: float | None) -> None:
    found = parse_go_time(text)
    assert (found is None) is (seconds is None)
    assert found == pytest.approx(seconds)


def test_a_well_node_is_eligible_and_nothing_is_stale() -> None:
    health = parse_health((FIXTURES / "healthz-v1.36.json").read_bytes())
    assert (health.node_eligible, health.stale_seconds) == (True, {})


def test_a_node_that_is_deleted_is_not_eligible() -> None:
    response = (FIXTURES / "healthz-v1.36-node-deleting.http").read_bytes()
    health = parse_health(response.replace(b"\r", b"").partition(b"\n\n")[2])
    assert (health.node_eligible, health.stale_seconds) == (False, {})


def test_livez_says_nothing_of_the_node() -> None:
    health = parse_health((FIXTURES / "livez-v1.36.json").read_bytes())
    assert health.node_eligible is None


def test_the_families_that_are_stale_are_told() -> None:
    said = {
        "lastUpdated": "2026-11-21T02:42:00Z",
        "currentTime": "2026-11-21T02:44:10Z",
        "healthy": False,
        "status": {
            "IPv4": {"lastUpdated": "2026-11-21T02:44:09Z", "healthy": True},
            "IPv6": {"lastUpdated": "2026-11-21T02:42:00Z", "healthy": False},
            "x": {"lastUpdated": "2026-11-21T02:42:00Z", "healthy": False},
        },
    }
    assert parse_health(json.dumps(said).encode()).stale_seconds == {"IPv6": 130}


def test_before_1_33_all_families_are_one() -> None:
    body = (
        b'{"lastUpdated": "2021-06-01 12:00:00.5 +0000 UTC m=+1.5",'
        b'"currentTime": "2021-06-01 12:02:10.5 +0000 UTC m=+131.5"}'
    )
    assert parse_health(body).stale_seconds == {"all": 130}


def test_from_1_28_on_it_tells_of_the_node_with_times_as_go_prints_them() -> None:
    body = (
        b'{"lastUpdated": "2024-06-01 12:00:00 +0000 UTC m=+1.5",'
        b'"currentTime": "2024-06-01 12:01:15 +0000 UTC m=+76.5","nodeEligible": false}'
    )
    health = parse_health(body)
    assert (health.node_eligible, health.stale_seconds) == (False, {"all": 75})


@pytest.mark.parametrize("body", [b"", b"ok", b"[]", b"{}", b'{"status": 1}', b"[" * 100_000])
def test_what_kube_proxy_would_not_say_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedHealthError, match="expected the health of kube-proxy"):
        parse_health(body)


SIMPLE = st.none() | st.booleans() | st.floats() | st.text()
json_values = SIMPLE | st.lists(SIMPLE)


@given(
    st.dictionaries(
        st.sampled_from(["lastUpdated", "currentTime", "nodeEligible", "status"]),
        json_values | st.dictionaries(st.sampled_from(["IPv4", "IPv6"]), json_values),
    )
)
def test_strange_values_are_passed_over(said: dict[str, object]) -> None:
    try:
        parse_health(json.dumps(said).encode())
    except MalformedHealthError:
        assert "currentTime" not in said

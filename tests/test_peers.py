import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.peers import ATTEMPTS, FEWEST_TURNS, Peers, PeersOptions, plan_peers


def options(**said: object) -> PeersOptions:
    return PeersOptions.model_validate(said)


def test_all_is_no_plan() -> None:
    assert plan_peers("all", 1.0, 1.0) is None


def test_by_default_ten_are_probed_and_all_others_met_within_ten_minutes() -> None:
    plan = plan_peers("auto", 1.0, 1.0)
    assert plan
    assert (plan.is_automatic, plan.sample) == (True, 10)
    assert plan.rotation_seconds == pytest.approx(600)


def test_what_is_said_is_what_is_done() -> None:
    plan = plan_peers(options(sample=3, rotate="1h"), 1.0, 1.0)
    assert plan
    assert (plan.is_automatic, plan.sample) == (False, 3)
    assert plan.rotation_seconds == pytest.approx(3600)


def test_without_rotation_there_are_no_turns() -> None:
    plan = plan_peers(options(rotate="0s"), 1.0, 1.0)
    assert plan
    assert (plan.turns, plan.rotation_seconds) == (0, 0)


@given(
    st.floats(0.01, 3600),
    st.floats(0.01, 300),
    st.just("auto") | st.integers(1, 86_400).map(lambda seconds: options(rotate=f"{seconds}s")),
)
def test_a_turn_has_time_for_its_attempts_and_the_last_of_them(
    interval: float, timeout: float, peers: Peers
) -> None:
    if isinstance(peers, PeersOptions) and peers.rotate < (ATTEMPTS + 1) * interval + timeout:
        with pytest.raises(ValueError, match=r"expected at least .*: time for 5 attempts"):
            plan_peers(peers, interval, timeout)
        return
    plan = plan_peers(peers, interval, timeout)
    assert plan
    assert plan.turn_seconds >= ATTEMPTS * interval + timeout
    if isinstance(peers, PeersOptions):
        assert plan.rotation_seconds == pytest.approx(peers.rotate)


def test_where_nothing_is_said_a_slow_probe_rotates_as_slowly_as_it_must() -> None:
    plan = plan_peers("auto", 3600.0, 1.0)
    assert plan
    assert plan.turns == FEWEST_TURNS

"""Histories are written as text: `+` a success, `-` a failure, one a second."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from netwatch.model import Status
from netwatch.state import Health, StateOptions

NEW, UP, DEGRADED, DOWN = Status.NEW, Status.UP, Status.DEGRADED, Status.DOWN


DEFAULTS: Mapping[str, object] = {}


def options(values: Mapping[str, object]) -> StateOptions:
    return StateOptions.model_validate(values)


def run(
    history: str,
    values: Mapping[str, object] = DEFAULTS,
    *,
    every: float = 1.0,
    duration: float | None = 0.001,
) -> list[Status]:
    """Return the status after each result, judged by the options with these values."""
    health = Health(options(values))
    return [
        health.observe(
            failed=result == "-", duration=duration if result == "+" else None, now=i * every
        )
        for i, result in enumerate(history)
    ]


def final(
    history: str,
    values: Mapping[str, object] = DEFAULTS,
    *,
    every: float = 1.0,
    duration: float | None = 0.001,
) -> Status:
    return run(history, values, every=every, duration=duration)[-1]


def lossy(percent: int, *, of: int = 100) -> str:
    """A history with this share of failures, evenly spread and not the first."""
    return "".join("-" if n * percent // 100 > (n - 1) * percent // 100 else "+" for n in range(of))


# Defaults


def test_the_defaults_are_as_documented() -> None:
    assert StateOptions().model_dump() == {
        "down_after": 3,
        "down_for": 1.0,
        "up_after": 3,
        "up_for": 1.0,
        "degraded_loss": 0.1,
        "recovered_loss": 0.04,
        "degraded_latency": None,
    }


@pytest.mark.parametrize(
    ("history", "status"),
    [
        ("+", UP),  # one answer is enough to know a new target
        ("-", NEW),
        ("--", NEW),
        ("---", DOWN),
        ("--+", UP),
        ("+--", UP),
        ("+---", DOWN),
        ("+--+--", UP),
        ("+---+", DOWN),
        ("+---++", DOWN),
        ("+---+++", UP),
        ("+---++-+++", UP),
        ("+---++-++", DOWN),
        ("---+++", UP),
        ("+" * 9 + "-", DEGRADED),
        ("+" * 8 + "-", UP),  # of fewer than ten nothing is said
        ("+" * 10 + "-", UP),  # one of eleven is under a tenth
        ("+" * 10 + "--", DEGRADED),
    ],
)
def test_a_history_gives_a_status(history: str, status: Status) -> None:
    assert final(history) is status


# Down and up again


@pytest.mark.parametrize(
    ("values", "history", "status"),
    [
        ({"down_after": 1, "down_for": "0s"}, "+-", DOWN),
        ({"down_after": 5}, "+----", UP),
        ({"down_after": 5}, "+-----", DOWN),
        ({"down_for": "4s"}, "+----", UP),
        ({"down_for": "4s"}, "+-----", DOWN),
        ({"up_after": 1, "up_for": "0s"}, "+---+", UP),
        ({"up_after": 5}, "+---++++", DOWN),
        ({"up_after": 5}, "+---+++++", UP),
        ({"up_for": "4s"}, "+---++++", DOWN),
        ({"up_for": "4s"}, "+---+++++", UP),
    ],
    ids=str,
)
def test_count_and_duration_must_both_be_reached(
    values: dict[str, object], history: str, status: Status
) -> None:
    assert final(history, values) is status


def test_many_failures_in_a_moment_are_no_outage_yet() -> None:
    assert final("+" + "-" * 50, every=0.01) is DEGRADED
    assert final("+" + "-" * 101, every=0.01) is DOWN


def test_few_failures_over_a_long_time_are_no_outage_yet() -> None:
    assert final("+--", every=3600) is UP


def test_after_an_outage_the_loss_counts_anew() -> None:
    assert run("+" * 30 + "-" * 20 + "+" * 40)[-38:] == [UP] * 38


def test_a_target_that_comes_back_lossy_is_soon_degraded() -> None:
    assert final("+---+++" + lossy(30, of=20)) is DEGRADED


def test_a_degraded_target_goes_down_as_others_do() -> None:
    assert final("+" * 10 + "--+---") is DOWN


# Loss


def test_loss_degrades_at_its_threshold_and_recovers_well_below_it() -> None:
    statuses = run("+" * 27 + "---"[:2] + "+" + "-" + "+" * 40)
    degraded = [i for i, status in enumerate(statuses) if status is DEGRADED]
    assert degraded[0] == 30  # the third failure of thirty
    assert degraded[-1] == 57  # with the second of them gone, 1 of 30 is 3 %
    assert len(degraded) == 28  # and it never changed its mind between


def test_steady_loss_between_the_thresholds_changes_nothing() -> None:
    six_percent = ("+" * 14 + "-") * 10
    assert set(run("+" * 30 + six_percent)) == {UP}
    assert set(run("+" * 9 + "-" + ("+" * 14 + "-") * 10)[9:]) == {DEGRADED}


def test_the_thresholds_of_loss_are_options() -> None:
    half = {"degraded_loss": 0.5, "recovered_loss": 0.3}
    assert final(lossy(40), half) is UP
    assert final(lossy(50), half) is DEGRADED
    assert final(lossy(50) + lossy(35), half) is DEGRADED
    assert final(lossy(50) + lossy(25), half) is UP


@pytest.mark.parametrize(
    "values",
    [
        {"degraded_loss": 0.02},
        {"degraded_loss": 0.0},
        {"recovered_loss": 0.1},
        {"degraded_loss": 0.3, "recovered_loss": 0.5},
    ],
    ids=str,
)
def test_recovering_above_the_threshold_is_refused_because_it_would_flap(
    values: dict[str, object],
) -> None:
    with pytest.raises(ValidationError, match="expected less than degraded_loss"):
        options(values)


# Latency


def test_latency_says_nothing_by_default() -> None:
    assert set(run("+" * 40, duration=60.0)) == {UP}


def test_a_mean_duration_above_the_threshold_degrades() -> None:
    slow = {"degraded_latency": "100ms"}
    assert final("+" * 10, slow, duration=0.1) is UP
    assert final("+" * 9, slow, duration=0.2) is UP  # of fewer than ten nothing is said
    assert final("+" * 10, slow, duration=0.2) is DEGRADED
    assert final("+" * 40, slow, duration=None) is UP


def test_latency_recovers_at_four_fifths_of_the_threshold() -> None:
    health = Health(options({"degraded_latency": "100ms"}))

    def observe(duration: float, count: int) -> Status:
        statuses = [health.observe(failed=False, duration=duration, now=0) for _ in range(count)]
        return statuses[-1]

    assert observe(0.2, 30) is DEGRADED
    assert observe(0.09, 40) is DEGRADED
    assert observe(0.079, 40) is UP
    assert observe(0.09, 40) is UP


# Whatever comes


@given(st.text("+-", max_size=200))
def test_the_status_is_new_only_before_the_first_answer(history: str) -> None:
    statuses = run(history)
    first = history.find("+")
    known = statuses if first < 0 else statuses[first:]
    assert first < 0 or NEW not in known
    assert set(statuses[: max(first, 0)]) <= {NEW, DOWN}


@given(st.text("+-", min_size=1, max_size=200))
def test_the_loss_is_a_share(history: str) -> None:
    health = Health(StateOptions())
    assert health.loss == 0
    for i, result in enumerate(history):
        health.observe(failed=result == "-", duration=None, now=float(i))
        assert 0 <= health.loss <= 1


@given(st.text("+-", max_size=200))
def test_only_a_failure_takes_a_target_down_and_only_a_success_up_again(history: str) -> None:
    results = "+" + history
    statuses = run(results)
    for before, after, result in zip(statuses, statuses[1:], history, strict=False):
        if (before is DOWN) is not (after is DOWN):
            assert result == ("-" if after is DOWN else "+")
    down = [i for i, status in enumerate(statuses) if status is DOWN]
    assert all(results[max(i - 2, 0) : i + 1] == "---" for i in down if statuses[i - 1] is not DOWN)

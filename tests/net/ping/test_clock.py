from dataclasses import dataclass

import pytest

from netwatch.net.ping.clock import ClockWatch


@dataclass
class Clocks:
    """Both clocks; each reading of the monotonic one takes `reading_seconds`."""

    monotonic_seconds: float = 50.0
    wall_seconds: float = 1_700_000_000.0
    reading_seconds: float = 0.0

    def wall(self) -> float:
        return self.wall_seconds

    def monotonic(self) -> float:
        self.pass_time(self.reading_seconds)
        return self.monotonic_seconds

    def pass_time(self, seconds: float, *, slew: float = 0.0) -> None:
        self.monotonic_seconds += seconds
        self.wall_seconds += seconds + slew


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def watch(clocks: Clocks) -> ClockWatch:
    return ClockWatch(clocks.wall, clocks.monotonic)


def test_time_that_passes_is_no_step(clocks: Clocks, watch: ClockWatch) -> None:
    for _ in range(100):
        clocks.pass_time(0.1)
        assert not watch.stepped()
    assert watch.steps == 0


@pytest.mark.parametrize("seconds", [-3600, -1, -0.002, 0.002, 1, 3600])
def test_a_step_is_noticed_once(clocks: Clocks, watch: ClockWatch, seconds: float) -> None:
    clocks.pass_time(1, slew=seconds)
    assert watch.stepped()
    clocks.pass_time(1)
    assert not watch.stepped()
    assert watch.steps == 1


def test_a_difference_that_spoils_nothing_is_no_step(clocks: Clocks, watch: ClockWatch) -> None:
    clocks.pass_time(1, slew=0.0005)
    assert not watch.stepped()


def test_small_steps_are_noticed_once_when_they_add_up(clocks: Clocks, watch: ClockWatch) -> None:
    for _ in range(8):
        clocks.pass_time(1, slew=0.0002)
        watch.stepped()
    assert watch.steps == 1


def test_a_pause_between_the_readings_is_not_taken_for_a_step(
    clocks: Clocks, watch: ClockWatch
) -> None:
    clocks.reading_seconds = 0.5  # somebody else ran in between
    assert not watch.stepped()
    clocks.pass_time(1, slew=5)
    assert not watch.stepped()
    clocks.reading_seconds = 0.0
    assert watch.stepped()  # and what happened meanwhile is told later
    assert watch.steps == 1


def test_the_real_clocks_are_compared_by_default() -> None:
    assert ClockWatch().steps == 0


def test_a_pause_between_the_first_readings_is_not_taken_for_a_step(clocks: Clocks) -> None:
    clocks.reading_seconds = 0.02
    watch = ClockWatch(clocks.wall, clocks.monotonic)
    clocks.reading_seconds = 0.0
    assert not watch.stepped()
    clocks.pass_time(1.0, slew=5.0)
    assert watch.stepped()
    assert watch.steps == 1

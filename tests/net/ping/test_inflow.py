import pytest

from netwatch.net.ping.inflow import LEAST_SECONDS, Inflow


def test_a_flood_is_known_at_the_first_look() -> None:
    inflow = Inflow(100.0)
    inflow.observe(200, 100.1)
    assert inflow.per_second == pytest.approx(2000)


def test_a_flood_that_was_cut_off_by_a_full_buffer_is_not_forgotten_at_once() -> None:
    inflow = Inflow(100.0)
    inflow.observe(100, 100.01)
    inflow.observe(500, 101.01)
    assert inflow.per_second == pytest.approx(5000)


def test_a_flood_that_is_over_is_soon_forgotten() -> None:
    inflow = Inflow(100.0)
    inflow.observe(100, 100.01)
    for look in range(20):
        inflow.observe(0, 100.1 + look)
    assert inflow.per_second < 1


def test_two_strangers_at_once_are_no_flood() -> None:
    inflow = Inflow(100.0)
    inflow.observe(2, 100.0)
    assert inflow.per_second == 2 / LEAST_SECONDS

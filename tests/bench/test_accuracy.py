import pytest

from bench.accuracy import Measured, UnmatchedError, errors, spread
from tests.bench.truth import a_record

RECORDS = [
    a_record("10.129.0.1", 100.0, 0.001),
    a_record("10.129.0.2", 100.5, 0.005),
    a_record("10.129.0.1", 101.0, 0.002),
]


def test_an_error_is_what_was_measured_beyond_what_the_rig_held() -> None:
    measured = [Measured("10.129.0.1", 101.01, 0.0023), Measured("10.129.0.1", 99.99, 0.0009)]
    assert errors(measured, RECORDS) == pytest.approx([0.0001, 0.0003])


def test_targets_are_not_mixed() -> None:
    assert errors([Measured("10.129.0.2", 100.9, 0.005)], RECORDS) == pytest.approx([0.0])


@pytest.mark.parametrize(
    "measured", [Measured("10.129.0.1", 102.0, 0.001), Measured("10.129.0.3", 100.0, 0.001)]
)
def test_what_never_left_cannot_be_measured(measured: Measured) -> None:
    with pytest.raises(UnmatchedError, match=measured.destination):
        errors([measured], RECORDS)


def test_a_spread_is_median_p99_and_worst_in_microseconds() -> None:
    assert spread([number * 1e-6 for number in range(1, 201)]) == ("100.0", "198.0", "200")
    assert spread([]) == ("-", "-", "-")

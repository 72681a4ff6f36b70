from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.kubernetes.backoff import LONGEST_SECONDS, BackOff


def test_waits_double_up_to_a_minute() -> None:
    backoff = BackOff(random=lambda: 1.0)
    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_after_a_while_of_being_well_they_begin_anew() -> None:
    backoff = BackOff(random=lambda: 1.0)
    backoff.next()
    backoff.next()
    backoff.reset()
    assert backoff.next() == 1


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 50))
def test_each_is_between_half_and_all_of_it(share: float, count: int) -> None:
    backoff, longest = BackOff(random=lambda: share), BackOff(random=lambda: 1.0)
    for _ in range(count):
        most = longest.next()
        assert most / 2 <= backoff.next() <= most <= LONGEST_SECONDS

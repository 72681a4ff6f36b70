from hypothesis import given
from hypothesis import strategies as st

from netwatch.web.requestlimit import RequestLimit


def test_a_burst_passes_and_then_one_each_interval() -> None:
    limit = RequestLimit(2.0, 3)
    assert [limit.admits(100.0) for _ in range(5)] == [True, True, True, False, False]
    assert not limit.admits(101.9)
    assert limit.admits(102.0)
    assert not limit.admits(102.1)
    assert [limit.admits(1000.0) for _ in range(4)] == [True, True, True, False]


def test_no_interval_is_no_limit() -> None:
    limit = RequestLimit(0.0, 0)
    assert all(limit.admits(1.0) for _ in range(1000))


@given(st.lists(st.floats(0, 0.5), min_size=1), st.floats(0.01, 1), st.integers(1, 5))
def test_it_never_passes_more_than_it_may(pauses: list[float], interval: float, burst: int) -> None:
    limit, now, passed = RequestLimit(interval, burst), 0.0, 0
    for pause in pauses:
        now += pause
        passed += limit.admits(now)
        assert passed <= burst + now / interval + 1e-6

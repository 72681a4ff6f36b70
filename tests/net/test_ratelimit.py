from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.ratelimit import RateLimit


def admitted(limit: RateLimit, times: list[float], source: str = "10.0.0.7") -> int:
    return sum(limit.admits(source, now) for now in times)


def test_a_burst_passes_at_once_and_no_more() -> None:
    assert admitted(RateLimit(0.25, 4), [0.0] * 10) == 4


def test_tokens_come_back_with_time() -> None:
    limit = RateLimit(0.25, 4)
    assert admitted(limit, [0.0] * 10) == 4
    assert admitted(limit, [0.25] * 10) == 1
    assert admitted(limit, [1.25] * 10) == 4
    assert admitted(limit, [100.0] * 10) == 4


def test_a_greedy_source_takes_nothing_from_another() -> None:
    limit = RateLimit(0.25, 4)
    admitted(limit, [0.0] * 10)
    assert admitted(limit, [0.0] * 10, "10.0.0.8") == 4


def test_a_source_that_was_turned_away_is_not_punished_for_asking() -> None:
    limit = RateLimit(0.25, 4)
    admitted(limit, [0.0] * 1000)
    assert limit.admits("10.0.0.7", 0.25)


def test_sources_beyond_the_most_are_turned_away_until_others_are_quiet() -> None:
    limit = RateLimit(0.25, 4, most_sources=2)
    assert [limit.admits(source, 0.0) for source in "abc"] == [True, True, False]
    assert limit.admits("a", 0.0)
    assert limit.admits("c", 1.0)
    assert len(limit) == 1


def test_no_interval_is_no_limit() -> None:
    limit = RateLimit(0.0, 0)
    assert admitted(limit, [1.0] * 1000) == 1000
    assert len(limit) == 0


@given(
    st.lists(st.floats(0, 20), min_size=1).map(sorted),
    st.floats(0.02, 1),
    st.integers(1, 50),
)
def test_no_times_get_more_than_the_rate_and_one_burst(
    times: list[float], interval: float, burst: int
) -> None:
    span = times[-1] - times[0]
    assert admitted(RateLimit(interval, burst), times) <= burst + span / interval + 1e-6


@given(st.integers(1, 50), st.integers(1, 200))
def test_whoever_keeps_to_the_rate_is_never_turned_away(rate: int, number: int) -> None:
    times = [count / rate * 1.001 for count in range(number)]
    assert admitted(RateLimit(1 / rate, rate), times) == number

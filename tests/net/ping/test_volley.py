from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.ping.epoch import Flow
from netwatch.net.ping.sockaddr import sockaddr
from netwatch.net.ping.volley import Backlog, Volley
from tests.nouns import a_target

FLOWS = [
    Flow(a_target(f"10.0.0.{last}"), packed, sockaddr(packed))
    for last in range(12)
    for packed in [bytes([10, 0, 0, last])]
]


def volley_of(first: int, count: int) -> Volley:
    return Volley.of(FLOWS[first : first + count])


def columns(volley: Volley) -> tuple[list[Flow], bytes, bytes]:
    return list(volley.flows), volley.names, volley.addresses


@given(st.integers(1, 12), st.integers(0, 11), st.integers(1, 12))
def test_a_part_is_the_volley_of_its_flows(count: int, start: int, length: int) -> None:
    start %= count
    part = volley_of(0, count).part(start, start + length)
    assert columns(part) == columns(Volley.of(FLOWS[:count][start : start + length]))


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.integers(1, 5))
def test_a_backlog_gives_every_request_once_and_in_order(sizes: list[int], most: int) -> None:
    backlog, first = Backlog(), 0
    for size in sizes:
        backlog.add(volley_of(first, size), 7.0)
        first += size
    taken: list[Flow] = []
    while backlog:
        volley = backlog.take(most)
        assert 0 < len(volley) <= most
        assert columns(volley) == columns(Volley.of(volley.flows))
        taken += volley.flows
    assert taken == FLOWS[:first]


def test_a_volley_that_waits_still_does_not_wait_twice() -> None:
    backlog, volley = Backlog(), volley_of(0, 3)
    backlog.add(volley, 1.0)
    backlog.take(1)
    backlog.add(volley, 2.0)
    assert backlog.due == 1.0
    assert len(backlog.take(10)) == 2
    assert not backlog


def test_nothing_to_send_does_not_wait() -> None:
    backlog = Backlog()
    backlog.add(Volley.of([]), 1.0)
    assert not backlog

from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.ping.epoch import (
    EPOCH_SECONDS,
    FAILED,
    IN_FLIGHT,
    LATE,
    LOST,
    RECEIVED,
    REFUSED,
    SEQUENCES,
    Epoch,
    Flow,
    new_epoch,
)
from tests.nouns import a_target

STATES = st.sampled_from((REFUSED, IN_FLIGHT, RECEIVED, LOST, FAILED, LATE))


def an_epoch(packets: int = 0) -> Epoch:
    epoch = new_epoch(4, 16, 7, first_serial=0, opened=100.0)
    epoch.flows += [Flow(a_target(), bytes(4))] * packets
    epoch.states += bytes([IN_FLIGHT]) * packets
    epoch.sent_ns.extend([5] * packets)
    return epoch


def test_an_epoch_has_a_sequence_number_for_each_of_its_packets() -> None:
    epoch = an_epoch(SEQUENCES - 2)
    assert not epoch.is_over(100.0, 2)
    assert epoch.is_over(100.0, 3)


def test_an_epoch_is_over_at_its_age() -> None:
    epoch = an_epoch()
    assert not epoch.is_over(100.0 + EPOCH_SECONDS - 0.001, 1)
    assert epoch.is_over(100.0 + EPOCH_SECONDS, 1)


@given(st.lists(STATES, max_size=30), st.integers(0, 30), st.integers(0, 30))
def test_packets_in_flight_are_found_in_order_and_in_their_range(
    states: list[int], first: int, end: int
) -> None:
    epoch = an_epoch()
    epoch.states += bytes(states)
    expected = [n for n in range(first, min(end, len(states))) if states[n] == IN_FLIGHT]
    assert list(epoch.in_flight(first, end)) == expected


def test_a_packet_may_settle_while_those_in_flight_are_gone_through() -> None:
    epoch = an_epoch(4)
    seen = []
    for sequence in epoch.in_flight(0, 4):
        epoch.states[sequence] = LOST
        seen.append(sequence)
    assert seen == [0, 1, 2, 3]

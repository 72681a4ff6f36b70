from hypothesis import given
from hypothesis import strategies as st

from netwatch.pairing.circles import CIRCLES, meet, order
from netwatch.pairing.nodes import Node, lay_out


def those_who_wait_and_those_with_room(
    waiting: int, members: int, room: int, salt: int = 0
) -> tuple[list[Node], list[Node]]:
    """Return nodes of a zone, and of another one that so far all of them lack."""
    zones = {f"{salt}-waiting-{number}": "waiting" for number in range(waiting)}
    zones |= {f"{salt}-member-{number}": "members" for number in range(members)}
    nodes = lay_out(zones, room)
    return (
        [node for node in nodes if node.zone.name == "waiting"],
        [node for node in nodes if node.zone.name == "members"],
    )


def met(waiting: list[Node], members: list[Node]) -> dict[str, list[str]]:
    meet(waiting, members[0].zone, members)
    return {node.name: node.peers for node in waiting}


@given(st.integers(0, 60), st.integers(1, 20), st.integers(1, 10), st.integers())
def test_all_room_is_taken_or_nobody_is_left_waiting(
    waiting: int, members: int, room: int, salt: int
) -> None:
    those_who_wait, with_room = those_who_wait_and_those_with_room(waiting, members, room, salt)
    found = met(those_who_wait, with_room)
    assert sum(map(len, found.values())) == min(waiting, members * room)
    assert all(len(peers) <= 1 for peers in found.values())
    assert all(member.room >= 0 for member in with_room)


def test_who_comes_makes_a_difference_for_few_even_where_there_is_no_room_to_spare() -> None:
    most = 0
    for number in range(0, 300, 10):
        waiting, members = those_who_wait_and_those_with_room(300, 100, 3)
        before = met(waiting, members)
        fewer, members = those_who_wait_and_those_with_room(300, 100, 3)
        del fewer[number]
        after = met(fewer, members)
        most = max(most, sum(1 for name in after if after[name] != before[name]))
    assert 0 < most <= 10


def test_each_circle_has_an_order_of_its_own_until_they_come_again() -> None:
    _, nodes = those_who_wait_and_those_with_room(0, 50, 1)
    orders = [
        tuple(node.name for node in sorted(nodes, key=order(circle)))
        for circle in range(CIRCLES + 1)
    ]
    assert len(set(orders)) == CIRCLES
    assert orders[0] == orders[CIRCLES] == tuple(node.name for node in nodes)

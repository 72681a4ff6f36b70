import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.pairing.swaps import Swaps


def swaps(peers: dict[str, list[str]], room: str, *, zones: dict[str, str] | None = None) -> Swaps:
    """Return what may be swapped, where only the nodes in `room` have some; all zones are kept."""
    found = zones or dict.fromkeys(peers, "")
    return Swaps(peers, {name: int(name in room) for name in peers}, found, set(found.values()))


def test_where_somebody_new_has_room_nobody_else_is_troubled() -> None:
    peers = {"a": [], "b": ["c"], "c": ["b"]}
    swaps(peers, "c").add_peer("a")
    assert peers == {"a": ["c"], "b": ["c"], "c": ["b"]}


def test_who_has_room_for_itself_alone_takes_the_place_of_another_who_takes_that_room() -> None:
    peers = {"a": [], "b": ["c"], "c": ["b"]}
    swaps(peers, "a").add_peer("a")
    assert peers in (
        {"a": ["b"], "b": ["c"], "c": ["a"]},
        {"a": ["c"], "b": ["a"], "c": ["b"]},
    )


def test_nobody_gives_up_its_only_peer_of_a_zone_for_one_of_another() -> None:
    peers = {"a": [], "b": ["c"], "c": ["b"], "d": ["b"]}
    zones = {"a": "y", "b": "x", "c": "y", "d": "y"}
    swaps(peers, "a", zones=zones).add_peer("a")
    assert peers == {"a": ["c"], "b": ["a"], "c": ["b"], "d": ["b"]}


def test_where_there_are_too_few_nodes_it_says_for_whom() -> None:
    peers = {"a": ["b"], "b": ["a"]}
    with pytest.raises(ValueError, match="found no more peers for a"):
        swaps(peers, "ab").add_peer("a")


@given(st.integers(3, 12), st.data())
def test_as_many_are_probed_by_everybody_as_there_is_room(nodes: int, data: st.DataObject) -> None:
    """However badly it began: the first ones took whom they liked."""
    names = [str(number) for number in range(nodes)]
    size = data.draw(st.integers(1, nodes - 1))
    peers: dict[str, list[str]] = {name: [] for name in names}
    room = dict.fromkeys(names, size)
    for name in names:
        others = data.draw(st.permutations([one for one in names if one != name]))
        peers[name] += [other for other in others if room[other]][:size]
        for peer in peers[name]:
            room[peer] -= 1
    found = Swaps(peers, room, dict.fromkeys(names, ""), ())
    for name in names:
        while len(peers[name]) < size:
            found.add_peer(name)
    assert set(room.values()) == {0}
    assert all(len(set(own) - {name}) == size for name, own in peers.items())

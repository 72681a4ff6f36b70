import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.pairing.nodes import Node, lay_out

clusters = st.dictionaries(
    st.text(min_size=1, max_size=8), st.sampled_from("abcdefgh"), min_size=1, max_size=60
)
"""The zone of each node."""


def a_cluster(**nodes: int) -> dict[str, str]:
    """Return so many nodes of each zone."""
    return {f"{zone}-{number}": zone for zone, count in nodes.items() for number in range(count)}


def asking(nodes: list[Node], zone: str) -> float:
    """Return the share of the nodes that ask for the zone."""
    (bit,) = {node.bit for node in nodes if node.zone.name == zone}
    return sum(1 for node in nodes if node.asks_for & bit) / len(nodes)


@pytest.mark.parametrize(
    ("nodes", "expected"), [(30, 1.0), (100, 1.0), (22, 0.5), (15, 0.0), (1, 0.0)]
)
def test_fewer_and_fewer_ask_for_a_zone_below_one_in_so_many_of_the_nodes(
    nodes: int, expected: float
) -> None:
    found = lay_out(a_cluster(small=nodes, large=300 - nodes), 10)
    assert asking(found, "small") == pytest.approx(expected, abs=0.1)
    assert asking(found, "large") == 1.0


def test_who_asks_stays_the_same_while_a_zone_becomes_larger() -> None:
    before, after = (
        {
            node.name
            for node in lay_out(a_cluster(small=small, large=278), 10)
            if node.asks_for.bit_count() == 2
        }
        for small in (20, 22)
    )
    assert before
    assert before < after


@given(clusters, st.integers(1, 12))
def test_nobody_asks_for_more_zones_than_it_has_peers(zones: dict[str, str], size: int) -> None:
    assert all(node.asks_for.bit_count() <= size for node in lay_out(zones, size))


@given(clusters, clusters)
def test_the_order_of_some_nodes_does_not_depend_on_others(
    zones: dict[str, str], others: dict[str, str]
) -> None:
    everybody = [node.name for node in lay_out(others | zones, 3)]
    assert [node.name for node in lay_out(zones, 3)] == [one for one in everybody if one in zones]


def test_who_is_probed_takes_room_and_is_no_longer_lacked() -> None:
    node, other = lay_out({"a-1": "a", "b-1": "b"}, 2)
    assert node.lacks & other.bit
    node.probe(other)
    assert (node.peers, node.wants, other.room) == ([other.name], 1, 1)
    assert not node.lacks & other.bit

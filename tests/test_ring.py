from collections import Counter
from math import ceil
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from netwatch.ring import Ring, lay_out

Pairs = set[tuple[str, str]]

GOLDEN = {
    "node-10": "2 8 3 6",
    "node-2": "1 8 3 10",
    "node-8": "1 6 5 10",
    "node-1": "0 6 4 11",
    "node-6": "0 4 8 11",
    "node-0": "2 4 7 11",
    "node-4": "3 7 9 0",
    "node-3": "5 7 9 0",
    "node-5": "4 7 9 1",
    "node-7": "6 9 1 5",
    "node-9": "11 10 2 5",
    "node-11": "10 2 3 8",
}
"""Whom each node of `zones` below probes, by their numbers."""

names = st.text(min_size=1, max_size=8)
sizes = st.integers(1, 12)
clusters = st.dictionaries(names, st.sampled_from("abcdefgh"), min_size=1, max_size=60)
"""The zone of each node."""


@st.composite
def even_clusters(draw: st.DrawFn) -> tuple[dict[str, str], int]:
    """As many zones of one size as a node probes others: there is no node to spare."""
    size, nodes = draw(st.integers(1, 10)), draw(st.integers(1, 6))
    salt = draw(st.integers())
    zones = {f"{salt}-{zone}-{node}": str(zone) for zone in range(size) for node in range(nodes)}
    return zones, size


def a_cluster(nodes: int, zones: int) -> dict[str, str]:
    return {f"node-{number}": f"zone-{number % zones}" for number in range(nodes)}


def pairs(ring: Ring) -> Pairs:
    return {(name, peer) for name in ring.order for peer in ring.sample(name)}


def pairs_of_a_turn(ring: Ring, turn: int, turns: int) -> Pairs:
    return {(name, peer) for name in ring.order for peer in ring.turn(name, turn, turns)}


@given(clusters, sizes)
def test_each_node_probes_so_many_others_and_is_probed_by_as_many(
    zones: dict[str, str], size: int
) -> None:
    ring = Ring(zones, size)
    expected = dict.fromkeys(zones, min(size, len(zones) - 1))
    found = pairs(ring)
    assert {name: len(set(ring.sample(name)) - {name}) for name in zones} == expected
    assert {name: Counter(peer for _, peer in found)[name] for name in zones} == expected


@given(clusters, sizes)
def test_who_probes_a_node_is_known_to_it(zones: dict[str, str], size: int) -> None:
    ring = Ring(zones, size)
    assert {(peer, name) for name in zones for peer in ring.incoming(name)} == pairs(ring)


def covers_every_zone(ring: Ring, zones: dict[str, str]) -> bool:
    """Whether each node probes all zones but those that are thin, or have no other node."""
    for name in zones:
        others = {zone for other, zone in zones.items() if other != name}
        if not others - ring.thin_zones <= {zones[peer] for peer in ring.sample(name)}:
            return False
    return True


@given(clusters, sizes)
def test_each_node_probes_every_zone_that_is_not_thin(zones: dict[str, str], size: int) -> None:
    assert covers_every_zone(Ring(zones, size), zones)


@given(even_clusters())
def test_zones_are_covered_even_where_there_is_no_node_to_spare(
    cluster: tuple[dict[str, str], int],
) -> None:
    zones, size = cluster
    ring = Ring(zones, size)
    assert ring.thin_zones == frozenset()
    assert covers_every_zone(ring, zones)


@given(clusters, sizes)
def test_a_zone_is_thin_if_its_nodes_would_be_probed_too_often_by_all(
    zones: dict[str, str], size: int
) -> None:
    nodes = Counter(zones.values())
    thin = {zone for zone in nodes if nodes[zone] * size < len(zones)}
    assert Ring(zones, size).thin_zones == thin


@given(st.sets(names, min_size=2, max_size=60), sizes)
def test_a_node_that_leaves_moves_one_pair_of_each_that_probed_it(
    nodes: set[str], size: int
) -> None:
    before = Ring(dict.fromkeys(nodes, ""), size)
    gone = before.order[len(nodes) // 2]
    after = Ring(dict.fromkeys(nodes - {gone}, ""), size)
    assert len(pairs(after) - pairs(before)) <= size
    kept = {pair for pair in pairs(before) if gone not in pair}
    assert kept <= pairs(after)


@given(clusters, sizes, st.integers(1, 20))
def test_in_all_turns_together_each_pair_is_met_once(
    zones: dict[str, str], size: int, turns: int
) -> None:
    ring = Ring(zones, size)
    met = Counter(pairs(ring))
    for turn in range(turns):
        met.update(pairs_of_a_turn(ring, turn, turns))
    every = {(name, other) for name in zones for other in zones if name != other}
    assert met == dict.fromkeys(every, 1)


@given(clusters, sizes, st.integers(1, 20))
def test_in_each_turn_nobody_probes_or_is_probed_by_more_than_a_share_of_the_nodes(
    zones: dict[str, str], size: int, turns: int
) -> None:
    ring = Ring(zones, size)
    share = ceil((len(zones) - 1) / turns)
    for turn in range(turns):
        found = pairs_of_a_turn(ring, turn, turns)
        assert max(Counter(peer for _, peer in found).values(), default=0) <= share
        assert max(Counter(name for name, _ in found).values(), default=0) <= share


@given(clusters, sizes, names)
def test_a_guest_probes_so_many_nodes_of_every_zone_and_is_probed_by_none(
    zones: dict[str, str], size: int, guest: str
) -> None:
    zones.pop(guest, None)
    ring = Ring(zones, size)
    sample = ring.sample(guest)
    assert len(set(sample)) == min(size, len(zones))
    assert set(zones.values()) - ring.thin_zones <= {zones[peer] for peer in sample}
    assert ring.incoming(guest) == ()
    met = [*sample, *(peer for turn in range(3) for peer in ring.turn(guest, turn, 3))]
    assert sorted(met) == sorted(zones)


@given(clusters, sizes, st.randoms())
def test_the_order_in_which_nodes_are_named_does_not_matter(
    zones: dict[str, str], size: int, random: Random
) -> None:
    shuffled = list(zones.items())
    random.shuffle(shuffled)
    assert pairs(Ring(dict(shuffled), size)) == pairs(Ring(zones, size))


def test_every_agent_lays_out_the_same_ring_whatever_its_version() -> None:
    """What is written here may not change: agents of two versions would not agree."""
    zones = {f"node-{number}": zone for number, zone in enumerate("aaabbbccddef")}
    ring = Ring(zones, 4)
    found = {
        name: " ".join(peer.removeprefix("node-") for peer in ring.sample(name))
        for name in ring.order
    }
    assert found == GOLDEN


def test_without_zones_the_order_of_the_others_does_not_depend_on_who_is_gone() -> None:
    order = Ring(a_cluster(50, 1), 10).order
    assert Ring(dict.fromkeys(order[::2], ""), 10).order == order[::2]


def test_no_nodes_are_no_peers() -> None:
    ring = Ring({}, 3)
    assert (ring.order, ring.sample("me"), ring.turn("me", 0, 2)) == ((), (), ())


def test_checks_of_the_same_nodes_share_a_ring_until_these_change() -> None:
    zones = {f"node-{number}": "a" for number in range(20)}
    nodes = tuple(zones.items())
    assert lay_out(nodes, 3) is lay_out(tuple(zones.items()), 3)
    assert lay_out(nodes, 3).order == Ring(zones, 3).order
    assert "node-19" not in lay_out(nodes[:-1], 3)

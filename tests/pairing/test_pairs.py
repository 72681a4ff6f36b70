"""How many pairs move when a node comes or goes; what pairs there are has tests/test_ring.py."""

from collections import Counter
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch.pairing.pairs import pair

SIZE = 10

zone_sizes = st.lists(st.integers(1, 60), min_size=1, max_size=25).filter(
    lambda sizes: sum(sizes) > 2 * SIZE
)


def a_cluster(sizes: list[int], salt: str = "") -> dict[str, str]:
    """Return nodes of as many zones, each with so many."""
    zones = [f"zone-{zone}" for zone, nodes in enumerate(sizes) for _ in range(nodes)]
    return {f"node-{salt}{number}": zone for number, zone in enumerate(zones)}


def pairs(cluster: dict[str, str], size: int = SIZE) -> set[tuple[str, str]]:
    return {(name, peer) for name, peers in pair(cluster, size).items() for peer in peers}


def moved(cluster: dict[str, str], gone: str) -> int:
    """Return how many pairs are new without one of the nodes, and so how many go when it comes."""
    rest = {name: zone for name, zone in cluster.items() if name != gone}
    return len(pairs(rest) - pairs(cluster))


@pytest.mark.parametrize(
    "sizes",
    [
        [300],
        [100, 100, 100],
        [33, 133, 134],
        [31, 31, 238],
        [30, 70, 200],
        [29, 71, 200],
        [1, 299],
        [38] * 4 + [37] * 4,
        [30] * 10,
        [32] * 9 + [4] * 3,
        [30] * 9 + [8, 8, 7, 7],
        [28] * 3 + [27] * 8,
        [20] * 15,
        [15] * 20,
        [30] * 5 + [15] * 10,
        [280] + [1] * 20,
        [5] * 60,
        [1] * 300,
    ],
    ids=str,
)
def test_a_node_that_leaves_moves_few_pairs_however_large_zones_are(sizes: list[int]) -> None:
    """Of 3,000; that of most layouts are far fewer: docs/design.md tells of how many."""
    cluster = a_cluster(sizes)
    found = [moved(cluster, gone) for gone in list(cluster)[::13]]
    assert mean(found) <= 0.045 * 3000
    assert max(found) <= 0.06 * 3000
    if len(sizes) <= SIZE:
        assert mean(found) <= 0.02 * 3000


@settings(max_examples=30, deadline=None)
@given(zone_sizes, st.data())
def test_a_node_that_leaves_moves_few_pairs_for_any_zones(
    sizes: list[int], data: st.DataObject
) -> None:
    cluster = a_cluster(sizes, data.draw(st.text("abc", max_size=3)))
    gone = data.draw(st.sampled_from(list(cluster)))
    assert moved(cluster, gone) <= 10 * (2 * SIZE + len(sizes))


@pytest.mark.parametrize("sizes", [[1000] * 3, [300] * 10, [200] * 15, [150] * 20], ids=str)
def test_in_a_cluster_ten_times_as_large_hardly_more_pairs_move(sizes: list[int]) -> None:
    cluster = a_cluster(sizes)
    found = [moved(cluster, gone) for gone in list(cluster)[::600]]
    assert max(found) <= 0.01 * 30_000


@given(st.sets(st.text(min_size=1, max_size=8), min_size=2, max_size=60), st.integers(1, 12))
def test_without_zones_each_probes_those_who_follow(nodes: set[str], size: int) -> None:
    found = pair(dict.fromkeys(nodes, ""), size)
    order = list(found)
    for place, name in enumerate(order):
        following = order[place + 1 :] + order[:place]
        assert found[name] == tuple(following[:size])


def test_zones_with_hardly_enough_nodes_for_all_are_probed_by_most() -> None:
    cluster = a_cluster([29, 71, 200])
    found = pair(cluster, SIZE)
    reached = Counter(zone for peers in found.values() for zone in {cluster[one] for one in peers})
    assert reached["zone-0"] > 0.9 * len(cluster)

"""Which nodes probe each other all the time: as many from each as to each, and of every zone.

On a ring of the nodes, by hash, each would probe the `size` that follow it. It departs from that as
far as zones need it: each probes, as long as there is room,

1. the next node of its own zone;
2. the first of each zone among the `size` nodes that follow;
3. a node from elsewhere of each zone that it asks for and lacks by then;
4. whoever comes next on the ring;
5. where nobody else has room, somebody else in exchange.

Few pairs are to move when a node comes or goes, whatever the zones are. So nothing is counted off
along the ring, since one node more would shift all that follow, and nothing becomes different for
everybody when a zone reaches some size.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import count

from netwatch.pairing.circles import meet, order
from netwatch.pairing.nodes import Node, Zone, lay_out
from netwatch.pairing.swaps import Swaps


def pair(zones: Mapping[str, str], size: int) -> dict[str, tuple[str, ...]]:
    """Return whom each node probes, in the order of the ring; `zones` has the zone of each.

    Everybody probes `size` others, or all if they are fewer, and is probed by as many. Everybody
    probes a node of each zone that has at least one in `size` of the nodes.
    """
    if not zones:
        return {}
    size = min(size, len(zones) - 1)
    nodes = lay_out(zones, size)
    members = _by_zone(nodes)
    for zone, own in members.items():
        _probe_own_zone(zone, own)
    _probe_first_of_zones(nodes, size)
    waiting = _by_lack(nodes)
    for zone, own in members.items():
        meet(waiting[zone.bit], zone, own)
    _probe_next(nodes, size)
    _swap(nodes)
    return {node.name: tuple(node.peers) for node in nodes}


def _by_zone(nodes: Sequence[Node]) -> dict[Zone, list[Node]]:
    members: dict[Zone, list[Node]] = defaultdict(list)
    for node in nodes:
        members[node.zone].append(node)
    return members


def _by_lack(nodes: Sequence[Node]) -> dict[int, list[Node]]:
    """Return who lacks which zone, by the bits of zones."""
    waiting: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        lacks = node.lacks
        while lacks:
            lowest = lacks & -lacks
            waiting[lowest].append(node)
            lacks ^= lowest
    return waiting


def _probe_own_zone(zone: Zone, members: Sequence[Node]) -> None:
    """Do so on a ring of the zone, where nobody can be left over with room for itself alone."""
    if zone.nodes == 1:
        members[0].asks_for &= ~zone.bit
        return
    for node, other in zip(members, [*members[1:], members[0]], strict=True):
        if node.asks_for & zone.bit:
            node.probe(other)


def _probe_first_of_zones(nodes: Sequence[Node], size: int) -> None:
    for distance in range(1, size + 1):
        for node, other in zip(nodes, [*nodes[distance:], *nodes[:distance]], strict=True):
            bit = other.bit
            if not node.zones & bit and other.room and node.has_place_for(bit):
                node.probe(other)


def _probe_next(nodes: Sequence[Node], size: int) -> None:
    """Go around the ring, and around further circles of those left, as long as that helps."""
    for number in count():
        circle = sorted((node for node in nodes if node.wants or node.room), key=order(number))
        wanted = sum(node.wants for node in circle)
        _go_around(circle, farthest=min(2 * size, len(circle) - 1))
        if sum(node.wants for node in circle) == wanted:
            return


def _go_around(circle: Sequence[Node], farthest: int) -> None:
    going_on = list(range(len(circle)))
    for distance in range(1, farthest + 1):
        going_on = [place for place in going_on if circle[place].wants]
        ahead = [*circle[distance:], *circle[:distance]]
        for place in going_on:
            node, other = circle[place], ahead[place]
            if other.room and other.name not in node.peers:
                node.probe(other)


def _swap(nodes: Sequence[Node]) -> None:
    wanting = [node for node in nodes if node.wants]
    if not wanting:
        return
    swaps = Swaps(
        peers={node.name: node.peers for node in nodes},
        room={node.name: node.room for node in nodes},
        zones={node.name: node.zone.name for node in nodes},
        covered={node.zone.name for node in nodes if node.zone.asking >= 1},
    )
    for node in wanting:
        for _ in range(node.wants):
            swaps.add_peer(node.name)

"""Nodes that wait for one of a zone, and nodes of it that have room: they meet on circles.

On a circle, each with room takes the nearest of those who directly precede it. Who is left over
meets who is left over on the next circle, where all stand in another order. That takes about as
many circles as it takes to halve the nodes until one is left.

It is more than to fill all room on one circle, but one node more or less makes about one difference
on each circle. On a single one it would make as many as the surplus of those who wait, somewhere on
the way, over the room there: the square root of the nodes, where there is hardly room to spare.
"""

from collections.abc import Callable, Sequence
from itertools import count

from netwatch.pairing.nodes import Node, Zone

CIRCLES = 8
WORD_BYTES = 4
"""A digest of 32 bytes has a word for the order on each; the ring is in that of the first."""


def order(circle: int) -> Callable[[Node], bytes]:
    """Return by what nodes are sorted on circle 0, 1, …; from 8 on they come again."""
    start = circle % CIRCLES * WORD_BYTES
    return lambda node: node.digest[start : start + WORD_BYTES]


def meet(waiting: Sequence[Node], zone: Zone, members: Sequence[Node]) -> None:
    """Let those who wait, and are of other zones, probe one of the zone each, as far as room is."""
    for circle in count(1):
        takers = [member for member in members if member.room]
        if not waiting or not takers:
            return
        waiting = _meet_once(sorted([*waiting, *takers], key=order(circle)), zone)


def _meet_once(circle: Sequence[Node], zone: Zone) -> list[Node]:
    """Return who is left over."""
    last = max(place for place, node in enumerate(circle) if node.zone is zone)
    waiting: list[Node] = []
    left_over: list[Node] = []
    for node in [*circle[last + 1 :], *circle[: last + 1]]:
        if node.zone is not zone:
            waiting.append(node)
            continue
        while waiting and node.room:
            waiting.pop().probe(node)
        left_over += waiting
        waiting.clear()
    return left_over

"""Who probes whom, where not everybody can probe everybody: the next so many on a ring of nodes.

All agents know the same nodes and lay out the same ring, without a word between them. Each node
probes the `size` nodes that follow it, and so is probed by the `size` that precede it. The ring is
in the order of the names' hashes: a node that comes or goes moves only the pairs around its place.
It departs from that order as far as zones need it: the nodes of a zone stand at most `size` apart
wherever there are enough of them, so that everybody probes every zone.

All other pairs have their turn: everybody looks further ahead, and all by the same distance, so
that in each turn, too, a node is probed by as many as it probes.
"""

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

HASH_BITS = 256


class Ring:
    """Nodes, by name, in the order in which they probe each other."""

    def __init__(self, zones: Mapping[str, str], size: int) -> None:
        """`zones` has the zone of each node; `size` is how many a node probes all the time."""
        self.size = size
        self.thin_zones = _thin_zones(zones.values(), size)
        """Zones with too few nodes for everybody to probe one, and nobody to be probed too much."""
        self.order = _spread(zones, size, self.thin_zones)
        self._places = {name: place for place, name in enumerate(self.order)}

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def sample(self, name: str) -> tuple[str, ...]:
        """Return whom `name` probes all the time, also where it is a guest: no node of the ring."""
        return self._ahead(name)[: self.size]

    def turn(self, name: str, turn: int, turns: int) -> tuple[str, ...]:
        """Return whom it probes in turn 0, 1, … of `turns`: in all of them, everybody else once."""
        others = self._ahead(name)[self.size :]
        start, end = (len(others) * number // turns for number in (turn, turn + 1))
        return others[start:end]

    def incoming(self, name: str) -> tuple[str, ...]:
        """Return who probes `name` all the time, the nearest first; guests are not known."""
        return self._ahead(name)[: -self.size - 1 : -1] if name in self else ()

    def _ahead(self, name: str) -> tuple[str, ...]:
        """Return all nodes but `name`, beginning with the next."""
        if name in self:
            place = self._places[name]
            return self.order[place + 1 :] + self.order[:place]
        place = int.from_bytes(_hash(name)) * len(self.order) >> HASH_BITS
        return self.order[place:] + self.order[:place]


def _hash(name: str) -> bytes:
    return sha256(name.encode()).digest()


def _thin_zones(zones: Iterable[str], size: int) -> frozenset[str]:
    nodes = Counter(zones)
    return frozenset(zone for zone in nodes if nodes[zone] * size < nodes.total())


@dataclass(slots=True, eq=False)
class _Zone:
    """A zone, and its nodes that have no place yet, by hash; all thin zones together are one."""

    is_thin: bool
    waiting: deque[tuple[bytes, str]] = field(default_factory=deque)
    first: int = 0
    """The place of its first node."""
    latest: int = 0
    """The place of its latest node."""

    def can_spare(self, places_left: int, size: int) -> bool:
        """Whether a node may come before it is due.

        It and those after it must do for the places left, and around the ring to the first node.
        """
        return self.is_thin or len(self.waiting) * size >= places_left + self.first


def _by_zone(zones: Mapping[str, str], thin: frozenset[str]) -> list[_Zone]:
    """Sort the nodes by hash, and the zones by that of their first one."""
    together = _Zone(is_thin=True)
    found: dict[str, _Zone] = dict.fromkeys(thin, together)
    for node in sorted((_hash(name), name) for name in zones):
        zone = zones[node[1]]
        if zone not in found:
            found[zone] = _Zone(is_thin=False)
        found[zone].waiting.append(node)
    return list(dict.fromkeys(found.values()))


def _spread(zones: Mapping[str, str], size: int, thin: frozenset[str]) -> tuple[str, ...]:
    """Return the names by hash, but those of a zone at most `size` apart, also around the ring.

    Each zone places its first node. From then on a zone is due when its latest node stands `size`
    places back; where none is due, the next node by hash comes whose zone can spare it.

    There always is one to come. Two zones are never due at once, since their latest nodes stand in
    two places. And not all zones can be unable to spare a node: those that are not thin number at
    most `size` and begin in different places, so the nodes that they must keep are together fewer
    than the places left.
    """
    all_zones = _by_zone(zones, thin)
    beginning = [zone for zone in all_zones if not zone.is_thin]
    placed: list[_Zone] = []
    names: list[str] = []
    for place in range(len(zones)):
        if place < len(beginning):
            zone = beginning[place]
            zone.first = place
        else:
            zone = _due(placed, size) or _next_to_spare(all_zones, len(zones) - place, size)
        zone.latest = place
        placed.append(zone)
        names.append(zone.waiting.popleft()[1])
    return tuple(names)


def _due(placed: list[_Zone], size: int) -> _Zone | None:
    """Return the zone that must have the next place; None where each can wait."""
    if len(placed) < size:
        return None
    zone = placed[-size]
    return None if zone.is_thin or zone.latest > len(placed) - size else zone


def _next_to_spare(all_zones: list[_Zone], places_left: int, size: int) -> _Zone:
    waiting = [zone for zone in all_zones if zone.waiting and zone.can_spare(places_left, size)]
    return min(waiting, key=lambda zone: zone.waiting[0])

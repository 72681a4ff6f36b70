"""Who probes whom, where not everybody can probe everybody: a sample, and all others in turns.

All agents know the same nodes and lay out the same ring, without a word between them: it is in the
order of the names' hashes. The sample is mostly of those who follow; `netwatch.pairing` chooses it.

In a turn, everybody looks ahead by the same distances, past those in its sample. So here, too,
nobody is probed by more than others.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from netwatch.pairing.nodes import digest
from netwatch.pairing.pairs import pair

HASH_BITS = 256


class Ring:
    """Nodes, by name, in the order of their hashes, and whom each of them probes."""

    def __init__(self, zones: Mapping[str, str], size: int) -> None:
        """`zones` has the zone of each node; `size` is how many a node probes all the time."""
        self.size = size
        self.thin_zones = _thin_zones(zones.values(), size)
        """Zones with too few nodes for everybody to probe one, and nobody to be probed too much."""
        self._zones = zones
        self._samples = pair(zones, size)
        self.order = tuple(self._samples)
        self._places = {name: place for place, name in enumerate(self.order)}

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def sample(self, name: str) -> tuple[str, ...]:
        """Return whom `name` probes all the time, also where it is a guest: no node of the ring."""
        return self._samples[name] if name in self else self._sample_of_guest(name)

    def turn(self, name: str, turn: int, turns: int) -> tuple[str, ...]:
        """Return whom it probes in turn 0, 1, … of `turns`: in all of them, everybody else once."""
        sample = self.sample(name)
        return tuple(other for other in self._ahead(name)[turn::turns] if other not in sample)

    def incoming(self, name: str) -> tuple[str, ...]:
        """Return who probes `name` all the time; guests are not known."""
        return tuple(other for other in self.order if name in self._samples[other])

    def _sample_of_guest(self, name: str) -> tuple[str, ...]:
        """Return the next of each zone that is not thin, and then the next of all."""
        ahead = self._ahead(name)
        first = {self._zones[other]: other for other in reversed(ahead)}
        of_zones = (other for zone, other in first.items() if zone not in self.thin_zones)
        return tuple(dict.fromkeys((*of_zones, *ahead)))[: self.size]

    def _ahead(self, name: str) -> tuple[str, ...]:
        """Return all nodes but `name`, beginning with the next."""
        if name in self:
            place = self._places[name]
            return self.order[place + 1 :] + self.order[:place]
        place = int.from_bytes(digest(name)) * len(self.order) >> HASH_BITS
        return self.order[place:] + self.order[:place]


@lru_cache(maxsize=1)
def lay_out(zones: tuple[tuple[str, str], ...], size: int) -> Ring:
    """Return the ring of these nodes and their zones.

    Checks of the same nodes share it: each new one of 5,000 nodes stops the loop for 50 ms.
    """
    return Ring(dict(zones), size)


def _thin_zones(zones: Iterable[str], size: int) -> frozenset[str]:
    nodes = Counter(zones)
    return frozenset(zone for zone in nodes if nodes[zone] * size < nodes.total())

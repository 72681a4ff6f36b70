"""The nodes on their ring, and which zones each of them asks for."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

LOTS = 1 << 32


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """Where nodes stand."""

    name: str
    nodes: int
    asking: float
    """The share of all nodes that ask for it: 1 and more is everybody, 0 and less nobody."""
    bit: int
    """It, in sets of zones: these are numbers, since there is one and more for each node."""

    @property
    def salt(self) -> int:
        return _lot(digest(self.name)) | 1


@dataclass(slots=True, eq=False)
class Node:
    """A node, and what is settled so far of whom it probes."""

    name: str
    zone: Zone
    bit: int
    """That of its zone."""
    digest: bytes
    wants: int
    """How many more it is to probe."""
    room: int
    """By how many more it may be probed."""
    peers: list[str] = field(default_factory=list)
    """By name: nodes that name each other would wait for the garbage collector."""
    zones: int = 0
    """Those of its peers."""
    asks_for: int = 0
    """Zones for which it keeps a place among its peers."""

    @property
    def lacks(self) -> int:
        """The zones that it asks for, and has no peer of."""
        return self.asks_for & ~self.zones

    def has_place_for(self, bit: int) -> bool:
        """Whether it may probe one of a zone of which it has none yet: others are kept places."""
        lacks = self.asks_for & ~self.zones
        return lacks & bit > 0 or self.wants > lacks.bit_count()

    def probe(self, other: "Node") -> None:
        """Settle that it does."""
        self.peers.append(other.name)
        self.zones |= other.bit
        self.wants -= 1
        other.room -= 1


def lay_out(zones: Mapping[str, str], size: int) -> list[Node]:
    """Return the nodes by hash; each is to probe `size` others, and be probed by as many.

    `zones` has the zone of each node by name. A zone of at least one in `size` of the nodes has
    enough for everybody to probe one, and all ask for it. That must not end all at once when it
    becomes smaller: of a zone half that size nobody asks for a node, and between the two some do,
    by lot.
    """
    found = {zone.name: zone for zone in _count(zones, size)}
    nodes = [
        Node(name, found[zone], found[zone].bit, digest(name), size, size)
        for name, zone in zones.items()
    ]
    nodes.sort(key=lambda node: node.digest)
    _ask(nodes, sorted(found.values(), key=lambda zone: zone.salt), size)
    return nodes


def digest(name: str) -> bytes:
    """Return what nodes are in order of, and what lots are drawn with."""
    return sha256(name.encode()).digest()


def _count(zones: Mapping[str, str], size: int) -> Iterator[Zone]:
    for number, (name, nodes) in enumerate(Counter(zones.values()).items()):
        yield Zone(name, nodes, asking=2 * nodes * size / len(zones) - 1, bit=1 << number)


def _ask(nodes: Sequence[Node], zones: Sequence[Zone], size: int) -> None:
    """Let each ask for zones: for the large ones first, and for no more than `size`."""
    large = sum(zone.bit for zone in zones if zone.asking >= 1)
    for node in nodes:
        node.asks_for = large
    numbers = [_lot(node.digest) for node in nodes]
    for zone in (zone for zone in zones if 0 < zone.asking < 1):
        salt, limit = zone.salt, zone.asking * LOTS
        for node, number in zip(nodes, numbers, strict=True):
            if number * salt % LOTS < limit and node.asks_for.bit_count() < size:
                node.asks_for |= zone.bit


def _lot(hashed: bytes) -> int:
    return int.from_bytes(hashed[:4])

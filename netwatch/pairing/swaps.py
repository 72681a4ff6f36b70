"""One more peer for a node, where nobody whom it does not probe already has room.

It takes the place of another at one of that one's peers, the other at a third node, and so on, up
to one with room: the shortest such chain. It is an augmenting path, so it is found wherever there
is any way at all to let each probe as many (Ford and Fulkerson, 1956).
"""

from collections import deque
from collections.abc import Collection, Container, Mapping, MutableMapping


class Swaps:
    """Changes who probes whom, in place."""

    def __init__(
        self,
        peers: Mapping[str, list[str]],
        room: MutableMapping[str, int],
        zones: Mapping[str, str],
        covered: Container[str],
    ) -> None:
        """`peers` has whom each node probes, and `room` by how many more each may be probed.

        `zones` has the zone of each, and of those that are `covered` everybody keeps a node.
        """
        self._peers = peers
        self._room = room
        self._zones = zones
        self._covered = covered

    def add_peer(self, name: str) -> None:
        """Let `name` probe one more, and all others as many as before.

        Raises ValueError where that is not possible.
        """
        unseen = dict.fromkeys(self._peers)
        takers: dict[str, tuple[str, str]] = {}
        """Who may take a place at a node, and which peer it gives up for that."""
        probers = self._probers() | {"": [name]}
        waiting = deque([""])
        while waiting:
            lost = waiting.popleft()
            for taker in probers[lost]:
                for found in self._choice(taker, lost, unseen):
                    del unseen[found]
                    takers[found] = (taker, lost)
                    if self._room[found]:
                        self._take(found, takers)
                        return
                    waiting.append(found)
        raise ValueError(f"found no more peers for {name}, expected that there are enough nodes")

    def _probers(self) -> dict[str, list[str]]:
        probers: dict[str, list[str]] = {name: [] for name in self._peers}
        for name, peers in self._peers.items():
            for peer in peers:
                probers[peer].append(name)
        return probers

    def _choice(self, taker: str, lost: str, unseen: Collection[str]) -> list[str]:
        """Return those whom it might probe, in place of `lost` if that is not empty."""
        own = self._peers[taker]
        zone = self._zones.get(lost)
        others = {self._zones[peer] for peer in own if peer != lost}
        is_bound = zone in self._covered and zone not in others
        return [
            name
            for name in unseen
            if name != taker and name not in own and not (is_bound and self._zones[name] != zone)
        ]

    def _take(self, found: str, takers: Mapping[str, tuple[str, str]]) -> None:
        """Give the place to who may take it, the one so lost to who may take that, and so on."""
        self._room[found] -= 1
        while found:
            taker, lost = takers[found]
            self._peers[taker].append(found)
            if lost:
                self._peers[taker].remove(lost)
            found = lost

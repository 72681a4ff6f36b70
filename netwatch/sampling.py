"""Which targets of a check this node probes: the stage between resolution and following.

Everything passes where there is no sample to take. Otherwise, of all nodes those pass that the ring
gives to this one: some all the time, and the others in their turn. Turns begin by the wall clock,
so that all agents are in the same one, and load is even. Our own node passes, too, if its source
means it to be probed.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import NoReturn

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.exposition.family import Family, Kind
from netwatch.peers import MOST_FOR_ALL, PeersPlan
from netwatch.ring import Ring, lay_out
from netwatch.schedule import until_beat

LOG = logging.getLogger("netwatch.sampling")

INSIDE_SECONDS = 0.01
"""A turn is looked at so long after its beginning: on the edge, clocks may say it is the other."""

PEERS_FAMILIES = (
    Family(
        name="netwatch_peers_incoming",
        kind=Kind.GAUGE,
        help="Nodes that probe this one all the time, if all agents know the same nodes.",
        key="incoming",
    ),
    Family(
        name="netwatch_peers_outgoing",
        kind=Kind.GAUGE,
        help="Nodes that this one probes all the time.",
        key="outgoing",
    ),
    Family(
        name="netwatch_peers_rotating",
        kind=Kind.GAUGE,
        help="Nodes beside these whose turn it is to be probed; absent where all are probed.",
        key="rotating",
    ),
)


class Sampling:
    """Chooses among what is published, anew at each turn; a record of `PEERS_FAMILIES`."""

    def __init__(
        self,
        check_name: str,
        plan: PeersPlan | None,
        own_name: str,
        follow: Callable[[Snapshot, Snapshot], None],
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`follow` is told whom to probe all the time, and whom in this turn.

        `own_name` is this node's; where it is none of the nodes, it probes as they do, and is
        probed by none. `wall` is seconds since the epoch.
        """
        self._check_name = check_name
        self._plan = plan
        self._own_name = own_name
        self._follow = follow
        self._wall = wall
        self._snapshot: Snapshot = ()
        self._zones: dict[str, str] = {}
        """Of each node that is a peer, by name."""
        self._ring: Ring | None = None
        self._incoming = 0
        """By the ring; known with it, since each scrape asks."""
        self._thin_zones: frozenset[str] = frozenset()
        self.rotating: int | None = None

    @property
    def incoming(self) -> int | None:
        if self._ring:
            return self._incoming
        if self._own_name in self._zones or not self._zones:
            return self.outgoing
        return 0

    @property
    def outgoing(self) -> int | None:
        if self._ring:
            return len(self._ring.sample(self._own_name))
        return len(self._zones.keys() - {self._own_name}) if self._zones else None

    def publish(self, snapshot: Snapshot) -> None:
        """Choose among these from now on."""
        self._snapshot = snapshot
        zones = self._peers(snapshot)
        if zones != self._zones:
            self._zones = zones
            self._ring = self._lay_out()
        self._pass_on()

    async def run(self) -> NoReturn:
        """Begin each turn, until cancelled."""
        while True:
            if self._plan is None or not self._plan.turns:
                await asyncio.Event().wait()
            else:
                await asyncio.sleep(self._until_next_turn(self._plan))
                self._pass_on()

    def _until_next_turn(self, plan: PeersPlan) -> float:
        return until_beat(self._wall(), plan.turn_seconds) + INSIDE_SECONDS

    def _peers(self, snapshot: Snapshot) -> dict[str, str]:
        """Return the zones of the nodes; all are nodes if the user says so, and no source does."""
        nodes = [endpoint for endpoint in snapshot if endpoint.is_node]
        if not nodes and self._plan and not self._plan.is_automatic:
            nodes = list(snapshot)
        zones: dict[str, str] = {}
        for node in nodes:  # one of two addresses has several
            zones[node.name] = min(node.zone, zones.get(node.name, node.zone))
        return zones

    def _lay_out(self) -> Ring | None:
        plan = self._plan
        if plan is None or (plan.is_automatic and len(self._zones) <= MOST_FOR_ALL):
            return None
        ring = lay_out(tuple(self._zones.items()), plan.sample)
        if ring.thin_zones - self._thin_zones:
            LOG.warning(
                "%s: not every node probes zone %s all the time: with fewer than one in %d nodes, "
                "its nodes would be probed by more than %d",
                self._check_name,
                ", ".join(sorted(ring.thin_zones)),
                plan.sample,
                plan.sample,
            )
        self._thin_zones = ring.thin_zones
        self._incoming = len(ring.incoming(self._own_name))
        return ring

    def _pass_on(self) -> None:
        plan, ring = self._plan, self._ring
        if plan is None or ring is None:
            self.rotating = None
            self._follow(tuple(e for e in self._snapshot if not e.is_own), ())
            return
        sample, turn = frozenset(ring.sample(self._own_name)), self._turn(plan, ring)
        self.rotating = len(turn)
        self._follow(
            tuple(
                e
                for e in self._snapshot
                if e.name in sample or e.name not in ring or self._is_ourselves(e)
            ),
            tuple(e for e in self._snapshot if e.name in turn),
        )

    def _is_ourselves(self, endpoint: Endpoint) -> bool:
        """Whether it is this node, and not named for its place alone: no ring would have it."""
        return endpoint.name == self._own_name and not endpoint.is_own

    def _turn(self, plan: PeersPlan, ring: Ring) -> frozenset[str]:
        if not plan.turns:
            return frozenset()
        number = int(self._wall() / plan.turn_seconds) % plan.turns
        return frozenset(ring.turn(self._own_name, number, plan.turns))

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.peers import MOST_FOR_ALL, PeersOptions, PeersPlan, plan_peers
from netwatch.sampling import Sampling

pytestmark = pytest.mark.virtual_time

AUTO = plan_peers("auto", 1.0, 1.0)
FEW = plan_peers(PeersOptions.model_validate({"sample": 3, "rotate": "1m"}), 1.0, 1.0)
ROTATION_SECONDS = 60


def a_node(number: int, *, zones: int = 3, address: str = "", is_node: bool = True) -> Endpoint:
    address = address or f"10.0.0.{number}"
    zone = f"zone-{number % zones}"
    return Endpoint(
        name=f"kube-{number}", host=address, address=address, zone=zone, is_node=is_node
    )


def nodes(number: int, *, zones: int = 3, is_node: bool = True) -> Snapshot:
    return tuple(a_node(one, zones=zones, is_node=is_node) for one in range(number))


class Agent:
    """The stage of one node, and whom it is told to probe."""

    def __init__(self, own_name: str = "kube-0", plan: PeersPlan | None = FEW) -> None:
        loop = asyncio.get_running_loop()
        self.name = own_name
        self.stage = Sampling("nodes", plan, own_name, self._follow, wall=loop.time)
        self.lasting: list[str] = []
        self.rotating: list[str] = []
        self.met: Counter[str] = Counter()
        """How many turns each node had."""

    def _follow(self, lasting: Snapshot, rotating: Snapshot) -> None:
        self.lasting = [endpoint.name for endpoint in lasting]
        before, self.rotating = self.rotating, [endpoint.name for endpoint in rotating]
        self.met.update(set(self.rotating) - set(before))

    def publish(self, snapshot: Snapshot) -> None:
        """Publish it as a source does that names our own node only for its place."""
        self.stage.publish(tuple(replace(e, is_own=e.name == self.name) for e in snapshot))

    @property
    def counts(self) -> tuple[int | None, int | None, int | None]:
        return (self.stage.incoming, self.stage.outgoing, self.stage.rotating)


@asynccontextmanager
async def at_work(agents: Sequence[Agent], snapshot: Snapshot) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(agent.stage.run(), name=agent.name) for agent in agents]
        for agent in agents:
            agent.publish(snapshot)
        yield
        for task in tasks:
            task.cancel()


async def test_up_to_thirty_nodes_probe_each_other_if_nothing_is_said() -> None:
    agent = Agent(plan=AUTO)
    agent.publish(nodes(MOST_FOR_ALL))
    assert agent.lasting == [node.name for node in nodes(MOST_FOR_ALL)[1:]]
    assert agent.counts == (29, 29, None)
    agent.publish(nodes(MOST_FOR_ALL + 1))
    assert (len(agent.lasting), agent.counts[:2]) == (10, (10, 10))


@pytest.mark.parametrize("number", [3, MOST_FOR_ALL + 1])
async def test_our_own_node_has_its_place_in_the_ring_and_is_not_probed(number: int) -> None:
    agent = Agent(plan=AUTO)
    agent.publish(nodes(number))
    expected = min(number - 1, 10)
    assert agent.counts[:2] == (expected, expected)
    assert len(agent.lasting) == expected
    assert "kube-0" not in agent.lasting


@pytest.mark.parametrize("number", [3, MOST_FOR_ALL + 1, 100])
async def test_our_own_node_is_probed_all_the_time_if_its_source_says_so(number: int) -> None:
    agent, other = Agent(plan=AUTO), Agent(plan=AUTO)
    agent.stage.publish(nodes(number))
    other.publish(nodes(number))
    assert sorted(agent.lasting) == sorted(["kube-0", *other.lasting])
    assert (agent.counts, agent.rotating) == (other.counts, other.rotating)


async def test_what_is_not_known_for_a_node_is_probed_whatever_it_is() -> None:
    agent, services = Agent(plan=AUTO), nodes(50, is_node=False)
    agent.stage.publish(services)
    assert len(agent.lasting) == 50
    assert agent.counts == (None, None, None)
    wiki = Endpoint(name="wiki", host="10.1.0.7")
    agent.publish((*nodes(50), wiki))
    assert (len(agent.lasting), agent.lasting[-1]) == (11, "wiki")


async def test_a_sample_that_is_asked_for_is_taken_of_any_targets() -> None:
    agent = Agent()
    agent.publish(nodes(12, is_node=False))
    assert (len(agent.lasting), agent.counts[:2]) == (3, (3, 3))


async def test_all_is_all_however_many_they_are() -> None:
    agent = Agent(plan=None)
    async with at_work([agent], nodes(500)):
        await asyncio.sleep(3600)
    assert len(agent.lasting) == 499
    assert (agent.counts, agent.met) == ((499, 499, None), Counter())


async def test_within_the_rotation_each_pair_is_met_whoever_begins_when() -> None:
    snapshot = nodes(40)
    agents = [Agent(node.name) for node in snapshot]
    async with at_work(agents, snapshot):
        await asyncio.sleep(ROTATION_SECONDS)
    for agent in agents:
        others = {node.name for node in snapshot} - {agent.name}
        assert set(agent.lasting) | set(agent.met) == others
        assert not set(agent.lasting) & set(agent.met)


async def test_at_no_moment_is_a_node_probed_by_more_than_its_share() -> None:
    assert FEW
    snapshot = nodes(40)
    agents = [Agent(node.name) for node in snapshot]
    async with at_work(agents, snapshot):
        await asyncio.sleep(0.1)  # turns begin on the half second
        for _ in range(2 * ROTATION_SECONDS):
            await asyncio.sleep(0.5)
            probed = Counter(name for agent in agents for name in agent.rotating)
            assert max(probed.values()) <= math.ceil(39 / FEW.turns)
    probed = Counter(name for agent in agents for name in agent.lasting)
    assert set(probed.values()) == {3}


async def test_those_that_are_probed_all_the_time_stay_while_others_have_their_turn() -> None:
    agent = Agent()
    async with at_work([agent], nodes(40)):
        before = agent.lasting
        for _ in range(ROTATION_SECONDS):
            await asyncio.sleep(1)
            assert agent.lasting == before
            assert "kube-0" not in agent.lasting + agent.rotating


async def test_without_rotation_the_others_are_left_alone() -> None:
    plan = plan_peers(PeersOptions.model_validate({"sample": 3, "rotate": "0s"}), 1.0, 1.0)
    agent = Agent(plan=plan)
    async with at_work([agent], nodes(40)):
        await asyncio.sleep(3600)
    assert (agent.counts, agent.met) == ((3, 3, 0), Counter())


async def test_who_is_no_node_probes_as_nodes_do_and_is_probed_by_none() -> None:
    guest = Agent("laptop")
    async with at_work([guest], nodes(40)):
        assert guest.counts[:2] == (0, 3)
        await asyncio.sleep(ROTATION_SECONDS)
    assert len(set(guest.lasting) | set(guest.met)) == 40
    onlooker = Agent("laptop", plan=None)
    onlooker.stage.publish(nodes(40))
    assert onlooker.counts == (0, 40, None)


async def test_a_node_with_several_addresses_is_probed_at_each() -> None:
    snapshot = tuple(
        a_node(number, address=f"{prefix}{number}")
        for number in range(12)
        for prefix in ("10.0.0.", "fd00::")
    )
    agent = Agent()
    agent.publish(snapshot)
    assert sorted(Counter(agent.lasting).values()) == [2, 2, 2]
    assert agent.counts[:2] == (3, 3)


async def test_who_comes_and_goes_changes_whom_others_probe() -> None:
    agent, snapshot = Agent(), nodes(12)
    agent.publish(snapshot)
    gone = agent.lasting[0]
    agent.publish(tuple(node for node in snapshot if node.name != gone))
    assert gone not in agent.lasting
    assert len(agent.lasting) == 3
    agent.stage.publish(())
    assert (agent.lasting, agent.rotating, agent.counts) == ([], [], (0, 0, 0))


async def test_zones_that_not_everybody_probes_are_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    agent = Agent()
    agent.publish(nodes(30))
    assert caplog.messages == []
    lonely = Endpoint(name="edge-1", host="10.9.0.1", zone="edge", is_node=True)
    agent.stage.publish((*nodes(30, zones=1), lonely))
    agent.stage.publish((*nodes(31, zones=1), lonely))
    (message,) = caplog.messages
    assert message == (
        "nodes: not every node probes zone edge all the time: with fewer than one in 3 nodes, "
        "its nodes would be probed by more than 3"
    )

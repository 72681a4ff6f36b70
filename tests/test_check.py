import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from netwatch.check import SOURCE_FAMILIES, TARGETS_AT_ONCE, CheckParts, RunningCheck
from netwatch.endpoint import Endpoint, Publisher, Snapshot
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.table import Table
from netwatch.exposition.text import render
from netwatch.known import KnownAddresses
from netwatch.model import Target
from netwatch.net.resolver import Answer, NameUnknown
from netwatch.peers import ATTEMPTS, PeersOptions, PeersPlan, plan_peers
from netwatch.resolution import ResolveOptions
from netwatch.sampling import PEERS_FAMILIES
from netwatch.state import StateOptions
from netwatch.tracking import Tracker
from tests.nouns import a_check

pytestmark = pytest.mark.virtual_time

WIKI = Endpoint(name="wiki", host="10.0.0.7", labels=(("team", "docs"),))
NAMED = Endpoint(name="named", host="named.example")


class Script:
    """A source that says what the test has it say, and is probed by nobody but `followed`."""

    def __init__(self) -> None:
        self.publisher: asyncio.Future[Publisher] = asyncio.get_running_loop().create_future()

    async def run(self, publisher: Publisher) -> None:
        self.publisher.set_result(publisher)
        await asyncio.Event().wait()


@dataclass
class Followed:
    """Whom a probe would be asking now."""

    here: list[Target] = field(default_factory=list)

    def join(self, target: Target, *, first: float | None = None, count: int | None = None) -> None:
        assert first is None
        assert count == (ATTEMPTS if target.is_rotating else None)
        self.here.append(target)

    def leave(self, target: Target) -> None:
        self.here.remove(target)

    @property
    def addresses(self) -> list[str]:
        return [target.endpoint.address for target in self.here]


class Stage:
    """A running check between a scripted source, a scripted name server and the tracker."""

    def __init__(
        self,
        resolve_options: ResolveOptions | None,
        peers: PeersPlan | None,
        *,
        is_optional: bool = False,
    ) -> None:
        self.source = Script()
        self.followed = Followed()
        self.tracker = Tracker([])
        self.table = Table(SOURCE_FAMILIES)
        self.peers_table = Table(PEERS_FAMILIES)
        self.known = KnownAddresses()
        self.complaints: list[str] = []
        self.names: dict[str, str] = {}
        self.loop = asyncio.get_running_loop()
        self.running = RunningCheck(
            CheckParts(
                check=a_check("nodes", labels=(("team", "net"), ("env", "prod"))),
                source_name="static",
                source=self.source,
                following=self.followed,
                resolve_options=resolve_options,
                state_options=StateOptions(),
                is_optional=is_optional,
                peers=peers,
                own_name="kube-0",
            ),
            tracker=self.tracker,
            resolve=self._resolve,
            sources=self.table,
            peers=self.peers_table,
            known=self.known,
            complain=self.complaints.append,
            now=self.loop.time,
            wall=self.loop.time,
        )

    async def _resolve(self, host: str) -> Answer:
        if host not in self.names:
            raise NameUnknown(f"{host}: no such name")
        return Answer(ipv4=(self.names[host],), ipv6=(), ttl_seconds=30)

    def scrape(self) -> dict[str, float]:
        text = b"".join(render([self.table, self.peers_table], Dialect.TEXT)).decode()
        lines = (line for line in text.splitlines() if not line.startswith("#"))
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}

    @property
    def age_seconds(self) -> float:
        return self.scrape()['netwatch_source_age_seconds{check="nodes",source="static"}']

    def peers(self, name: str) -> float:
        return self.scrape()[f'netwatch_peers_{name}{{check="nodes"}}']

    def targets(self, state: str) -> float:
        labels = f'{{check="nodes",source="static",state="{state}"}}'
        return self.scrape()[f"netwatch_source_targets{labels}"]


@asynccontextmanager
async def at_work(
    resolve_options: ResolveOptions | None = ResolveOptions(),  # noqa: B008  # it is frozen
    peers: PeersPlan | None = None,
) -> AsyncIterator[tuple[Stage, Publisher]]:
    stage = Stage(resolve_options, peers)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(stage.running.run(), name="check")
        yield stage, await stage.source.publisher
        task.cancel()


async def test_what_the_source_names_is_probed_and_tracked() -> None:
    async with at_work() as (stage, publisher):
        publisher.publish((WIKI,))
        assert stage.followed.addresses == ["10.0.0.7"]
        assert [standing.target for standing in stage.tracker.standings()] == stage.followed.here
        publisher.publish(())
        assert stage.followed.here == []
        assert list(stage.tracker.standings()) == []


@pytest.mark.parametrize(
    ("is_optional", "complaint"), [(False, "nodes: its source names no target"), (True, "")]
)
async def test_only_an_optional_check_may_have_no_target(
    is_optional: bool,  # noqa: FBT001  # by its name
    complaint: str,
) -> None:
    stage = Stage(ResolveOptions(), None, is_optional=is_optional)
    assert stage.running.complaint == complaint


async def test_labels_of_a_target_win_over_those_of_its_check() -> None:
    async with at_work() as (stage, publisher):
        publisher.publish((WIKI,))
        (target,) = stage.followed.here
        assert dict(target.endpoint.labels) == {"team": "docs", "env": "prod"}


async def test_a_check_that_ends_leaves_nothing_behind() -> None:
    async with at_work() as (stage, publisher):
        publisher.publish((WIKI,))
        assert len(stage.table) == 1
    assert stage.followed.here == []
    assert list(stage.tracker.standings()) == []
    assert len(stage.table) == 0


async def test_a_check_without_targets_says_so() -> None:
    async with at_work() as (stage, _):
        assert (stage.targets("resolved"), stage.targets("unresolved")) == (0, 0)


async def test_a_name_is_a_target_without_address_until_it_resolves() -> None:
    async with at_work() as (stage, publisher):
        publisher.publish((WIKI, NAMED))
        await asyncio.sleep(2)
        assert stage.followed.addresses == ["10.0.0.7", ""]
        assert (stage.targets("resolved"), stage.targets("unresolved")) == (1, 1)
        assert stage.followed.here[1].endpoint.problem == "named.example: no such name"
        stage.names["named.example"] = "10.0.0.8"
        await asyncio.sleep(120)
        assert stage.followed.addresses == ["10.0.0.7", "10.0.0.8"]
        assert (stage.targets("resolved"), stage.targets("unresolved")) == (2, 0)


async def test_where_the_probe_is_asked_about_names_they_are_followed_as_they_are() -> None:
    async with at_work(resolve_options=None) as (stage, publisher):
        publisher.publish((WIKI, NAMED))
        assert stage.followed.addresses == ["10.0.0.7", ""]
        assert stage.followed.here[1].endpoint.problem == ""
        assert (stage.targets("resolved"), stage.targets("unresolved")) == (2, 0)


async def test_the_last_good_targets_stay_while_the_source_fails() -> None:
    async with at_work() as (stage, publisher):
        publisher.publish((WIKI,))
        assert stage.age_seconds == 0
        publisher.fail("no such file")
        await asyncio.sleep(60)
        publisher.fail("no such file")
        assert stage.followed.addresses == ["10.0.0.7"]
        assert stage.complaints == ["nodes: no such file; the targets stay as they were"] * 2
        assert stage.age_seconds == pytest.approx(60)
        errors = 'netwatch_source_errors_total{check="nodes",source="static"}'
        assert stage.scrape()[errors] == 2
        publisher.publish((WIKI,))
        assert stage.age_seconds == 0


async def test_a_name_that_moves_does_not_hide_that_the_source_fails() -> None:
    async with at_work() as (stage, publisher):
        stage.names["named.example"] = "10.0.0.8"
        publisher.publish((NAMED,))
        await asyncio.sleep(1)
        publisher.fail("no such file")
        stage.names["named.example"] = "10.0.0.9"
        await asyncio.sleep(120)
        assert stage.followed.addresses == ["10.0.0.9"]
        assert stage.age_seconds == pytest.approx(120)


# Peers


NODES = tuple(
    Endpoint(name=f"kube-{number}", host=f"10.0.0.{number}", zone=f"zone-{number % 2}")
    for number in range(12)
)
SAMPLE = plan_peers(PeersOptions.model_validate({"sample": 4, "rotate": "1m"}), 1.0, 1.0)


def split(stage: Stage) -> tuple[set[Target], set[Target]]:
    """Return who is probed all the time, and who for a turn."""
    turn = {target for target in stage.followed.here if target.is_rotating}
    return set(stage.followed.here) - turn, turn


async def test_of_many_nodes_some_are_probed_all_the_time_and_others_in_their_turn() -> None:
    async with at_work(peers=SAMPLE) as (stage, publisher):
        publisher.publish(NODES)
        lasting, turn = split(stage)
        assert (len(lasting), len(turn)) == (4 + 1, 1)  # our own node is named as any other
        assert {standing.target for standing in stage.tracker.standings()} == lasting
        await asyncio.sleep(8)
        assert split(stage)[0] == lasting
        assert split(stage)[1] != turn
    assert stage.followed.here == []


async def test_the_peers_of_a_node_are_counted() -> None:
    async with at_work(peers=SAMPLE) as (stage, publisher):
        publisher.publish(NODES)
        counts = {name: stage.peers(name) for name in ("incoming", "outgoing", "rotating")}
        assert counts == {"incoming": 4, "outgoing": 4, "rotating": 1}
        assert stage.targets("resolved") == 12
    assert len(stage.peers_table) == 0


async def test_the_addresses_of_all_nodes_are_known_whoever_is_probed() -> None:
    async with at_work(peers=SAMPLE) as (stage, publisher):
        publisher.publish(NODES)
        assert all(node.host in stage.known for node in NODES)
    assert NODES[0].host not in stage.known


def many(count: int, team: str = "net") -> Snapshot:
    labels = (("team", team),)
    return tuple(
        Endpoint(name=f"kube-{number}", host=f"10.0.{number >> 8}.{number & 255}", labels=labels)
        for number in range(count)
    )


async def test_while_many_targets_join_or_leave_all_else_goes_on() -> None:
    count = 10 * TARGETS_AT_ONCE
    async with at_work() as (stage, publisher):
        for snapshot in (many(count), ()):
            publisher.publish(snapshot)
            turns, before = 0, count - len(snapshot)
            while len(stage.followed.here) != len(snapshot):
                assert abs(len(stage.followed.here) - before) <= TARGETS_AT_ONCE
                before = len(stage.followed.here)
                turns += 1
                await asyncio.sleep(0)
            assert turns >= 9


async def test_a_snapshot_that_comes_while_many_join_is_the_one_that_is_followed() -> None:
    async with at_work() as (stage, publisher):
        publisher.publish(many(10 * TARGETS_AT_ONCE))
        await asyncio.sleep(0)
        kept = stage.followed.here[0]
        publisher.publish(many(3 * TARGETS_AT_ONCE, "docs"))
        await asyncio.sleep(1)
        assert len(stage.followed.here) == 3 * TARGETS_AT_ONCE
        assert kept in stage.followed.here
        assert {dict(one.endpoint.labels)["team"] for one in stage.followed.here} == {"docs"}


async def test_a_check_that_ends_while_many_join_leaves_none_behind() -> None:
    async with at_work() as (stage, publisher):
        publisher.publish(many(10 * TARGETS_AT_ONCE))
        assert stage.followed.here
    assert stage.followed.here == []
    assert list(stage.tracker.standings()) == []

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.model import Outcome, ProbeError
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed
from netwatch.resolution import CONCURRENCY, RETRY_CONCURRENCY, ResolveOptions, Resolving

pytestmark = pytest.mark.virtual_time

HANGS = 3600.0
Said = Answer | NameUnknown | ResolverFailed | ProbeError | float


def v4(*addresses: str, ttl: float = 60) -> Answer:
    return Answer(addresses, (), ttl)


@dataclass
class Names:
    """A resolver by script: what each name's next answers are, the last one for ever.

    A number is the seconds until the answer after it.
    """

    script: dict[str, list[Said]]
    asked: list[tuple[float, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def resolve(self, host: str) -> Answer:
        self.asked.append((asyncio.get_running_loop().time(), host))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._next(host)
        finally:
            self.at_once -= 1

    async def _next(self, host: str) -> Answer:
        said = self.script[host]
        now = said.pop(0) if len(said) > 1 else said[0]
        match now:
            case float():
                await asyncio.sleep(now)
                return await self._next(host)
            case Exception():
                raise now
        return now

    def waits(self, host: str) -> list[float]:
        """The seconds between questions for `host`."""
        times = [time for time, name in self.asked if name == host]
        return [after - before for before, after in itertools.pairwise(times)]


@dataclass
class Published:
    """What came out, in order."""

    snapshots: list[Snapshot] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, str]:
        """The last snapshot: addresses, or the problem, by name."""
        words: dict[str, str] = {}
        for shown in self.snapshots[-1] if self.snapshots else ():
            words[shown.name] = f"{words.get(shown.name, '')} {shown.address or shown.problem}"
        return {name: text.strip() for name, text in words.items()}


@dataclass
class Stage:
    names: Names
    out: Published
    resolving: Resolving

    def publish(self, *hosts: str) -> None:
        self.resolving.publish(tuple(Endpoint(name=host, host=host) for host in hosts))


@asynccontextmanager
async def stage(
    script: dict[str, list[Said]],
    options: ResolveOptions | None = None,
    random: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[Stage]:
    names, out = Names(script), Published()
    resolving = Resolving(
        out.snapshots.append, names.resolve, options or ResolveOptions(), random=random
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(resolving.run(), name="resolving")
        yield Stage(names, out, resolving)
        running.cancel()


def test_addresses_pass_synchronously() -> None:
    out = Published()
    resolving = Resolving(out.snapshots.append, Names({}).resolve, ResolveOptions())
    resolving.publish(
        (
            Endpoint(name="a", host="10.0.0.7", zone="z", labels=(("team", "net"),), port=80),
            Endpoint(name="b", host="FE80::1%eth0"),
            Endpoint(name="c", host="wiki", address="10.0.0.8", family=4),
        )
    )
    assert out.snapshots == [
        (
            Endpoint(
                name="a",
                host="10.0.0.7",
                address="10.0.0.7",
                family=4,
                zone="z",
                labels=(("team", "net"),),
                port=80,
            ),
            Endpoint(name="b", host="FE80::1%eth0", address="fe80::1%eth0", family=6),
            Endpoint(name="c", host="wiki", address="10.0.0.8", family=4),
        )
    ]


def test_an_empty_snapshot_is_passed_on() -> None:
    out = Published()
    Resolving(out.snapshots.append, Names({}).resolve, ResolveOptions()).publish(())
    assert out.snapshots == [()]


async def test_a_name_is_passed_on_with_its_address_when_there_is_an_answer() -> None:
    async with stage({"wiki": [0.5, v4("10.0.0.7")]}) as on:
        on.publish("wiki")
        await asyncio.sleep(0.4)
        assert on.out.snapshots == []
        await asyncio.sleep(0.2)
        (shown,) = on.out.snapshots[-1]
        assert (shown.name, shown.host, shown.address, shown.family) == (
            "wiki",
            "wiki",
            "10.0.0.7",
            4,
        )


async def test_names_published_before_the_stage_runs_are_resolved_too() -> None:
    names, out = Names({"wiki": [v4("10.0.0.7")]}), Published()
    resolving = Resolving(out.snapshots.append, names.resolve, ResolveOptions())
    resolving.publish((Endpoint(name="wiki", host="wiki"),))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(resolving.run(), name="resolving")
        await asyncio.sleep(1)
        assert out.shown == {"wiki": "10.0.0.7"}
        running.cancel()


async def test_a_slow_name_holds_up_no_other_and_is_soon_visible_as_unresolved() -> None:
    async with stage({"slow": [HANGS, v4("10.0.0.7")], "wiki": [v4("10.0.0.8")]}) as on:
        on.publish("slow", "wiki", "10.0.0.9")
        await asyncio.sleep(0.2)
        assert on.out.shown == {"wiki": "10.0.0.8", "10.0.0.9": "10.0.0.9"}
        await asyncio.sleep(1)
        assert on.out.shown["slow"] == "slow: no answer yet"
        (slow, *_) = on.out.snapshots[-1]
        assert (slow.address, slow.family) == ("", 0)
        await asyncio.sleep(HANGS)
        assert on.out.shown["slow"] == "10.0.0.7"


async def test_a_name_that_does_not_resolve_is_a_visible_endpoint() -> None:
    async with stage({"wiki": [NameUnknown("wiki: NXDOMAIN")], "ok": [v4("10.0.0.8")]}) as on:
        on.publish("wiki", "ok")
        await asyncio.sleep(0.2)
        assert on.out.shown == {"wiki": "wiki: NXDOMAIN", "ok": "10.0.0.8"}


async def test_a_name_that_is_found_later_loses_its_problem() -> None:
    async with stage({"wiki": [ResolverFailed("SERVFAIL"), v4("10.0.0.7")]}) as on:
        on.publish("wiki")
        await asyncio.sleep(1)
        assert on.out.shown == {"wiki": "SERVFAIL"}
        await asyncio.sleep(5)
        (shown,) = on.out.snapshots[-1]
        assert (shown.address, shown.problem) == ("10.0.0.7", "")


async def test_a_failing_server_takes_no_address_away() -> None:
    async with stage({"wiki": [v4("10.0.0.7", ttl=5), ResolverFailed("SERVFAIL")]}) as on:
        on.publish("wiki")
        await asyncio.sleep(1000)
        assert len(on.names.asked) > 2
        assert len(on.out.snapshots) == 1
        assert on.out.shown == {"wiki": "10.0.0.7"}


async def test_a_server_that_knows_of_no_address_takes_it_away() -> None:
    async with stage({"wiki": [v4("10.0.0.7", ttl=5), NameUnknown("NXDOMAIN")]}) as on:
        on.publish("wiki")
        await asyncio.sleep(6)
        assert on.out.shown == {"wiki": "NXDOMAIN"}


async def test_addresses_that_change_order_make_no_new_snapshot() -> None:
    one, other = v4("10.0.0.7", "10.0.0.8", ttl=5), v4("10.0.0.8", "10.0.0.7", ttl=5)
    for addresses in ("first", "all"):
        options = ResolveOptions.model_validate({"addresses": addresses})
        async with stage({"wiki": [one, other, one, other]}, options) as on:
            on.publish("wiki")
            await asyncio.sleep(60)
            assert len(on.out.snapshots) == 1
            assert on.out.shown["wiki"].startswith("10.0.0.7")


async def test_the_first_address_is_left_when_it_is_no_longer_among_the_answers() -> None:
    async with stage({"wiki": [v4("10.0.0.7", ttl=5), v4("10.0.0.9", "10.0.0.8")]}) as on:
        on.publish("wiki")
        await asyncio.sleep(6)
        assert on.out.shown == {"wiki": "10.0.0.9"}


DUAL = Answer(("10.0.0.7", "10.0.0.8"), ("fd00::7", "fd00::8"), 60)


@pytest.mark.parametrize(
    ("family", "addresses", "shown"),
    [
        ("any", "first", "10.0.0.7"),
        ("any", "all", "10.0.0.7 10.0.0.8"),
        ("prefer_ipv6", "first", "fd00::7"),
        ("prefer_ipv6", "all", "fd00::7 fd00::8"),
        ("ipv4", "first", "10.0.0.7"),
        ("ipv6", "first", "fd00::7"),
        ("ipv6", "all", "fd00::7 fd00::8"),
        ("both", "first", "10.0.0.7 fd00::7"),
        ("both", "all", "10.0.0.7 10.0.0.8 fd00::7 fd00::8"),
    ],
)
async def test_the_addresses_are_those_asked_for(family: str, addresses: str, shown: str) -> None:
    options = ResolveOptions.model_validate({"family": family, "addresses": addresses})
    async with stage({"wiki": [DUAL]}, options) as on:
        on.publish("wiki")
        await asyncio.sleep(0.2)
        assert on.out.shown == {"wiki": shown}
        assert all(e.family == (6 if ":" in e.address else 4) for e in on.out.snapshots[-1])


@pytest.mark.parametrize(
    ("family", "shown"),
    [
        ("any", "fd00::7"),
        ("prefer_ipv6", "fd00::7"),
        ("both", "fd00::7"),
        ("ipv6", "fd00::7"),
        ("ipv4", "wiki: no address (family: ipv4)"),
    ],
)
async def test_a_family_without_addresses_is_missed_only_where_it_is_the_only_one(
    family: str, shown: str
) -> None:
    options = ResolveOptions.model_validate({"family": family})
    async with stage({"wiki": [Answer((), ("fd00::7",), 60)]}, options) as on:
        on.publish("wiki")
        await asyncio.sleep(0.2)
        assert on.out.shown == {"wiki": shown}


async def test_ipv6_that_is_only_preferred_falls_back_to_ipv4() -> None:
    async with stage({"wiki": [v4("10.0.0.7")]}, ResolveOptions(family="prefer_ipv6")) as on:
        on.publish("wiki")
        await asyncio.sleep(0.2)
        assert on.out.shown == {"wiki": "10.0.0.7"}


@pytest.mark.parametrize(
    ("family", "is_fixed"),
    [("any", False), ("prefer_ipv6", False), ("ipv4", True), ("both", True)],
)
async def test_a_family_that_was_asked_for_is_fixed(family: str, *, is_fixed: bool) -> None:
    options = ResolveOptions.model_validate({"family": family})
    async with stage({"wiki": [v4("10.0.0.7")]}, options) as on:
        on.publish("wiki")
        await asyncio.sleep(0.2)
        assert [shown.is_family_fixed for shown in on.out.snapshots[-1]] == [is_fixed]


async def test_a_family_that_no_server_tells_of_stays_as_it_was() -> None:
    unsure = Answer(("10.0.0.9",), None, 5, "SERVFAIL")
    sure = Answer(("10.0.0.9",), (), 5)
    script: dict[str, list[Said]] = {"wiki": [Answer(("10.0.0.7",), ("fd00::7",), 5), unsure, sure]}
    async with stage(script, ResolveOptions(family="both")) as on:
        on.publish("wiki")
        await asyncio.sleep(6)
        assert on.out.shown == {"wiki": "10.0.0.9 fd00::7"}
        await asyncio.sleep(5)
        assert on.out.shown == {"wiki": "10.0.0.9"}


async def test_the_only_family_that_no_server_tells_of_is_a_problem_that_says_why() -> None:
    script: dict[str, list[Said]] = {"wiki": [Answer(("10.0.0.7",), None, 60, "SERVFAIL")]}
    async with stage(script, ResolveOptions(family="ipv6")) as on:
        on.publish("wiki")
        await asyncio.sleep(0.2)
        assert on.out.shown == {"wiki": "SERVFAIL"}


@pytest.mark.parametrize(("ttl", "wait"), [(0, 5), (30, 30), (86400, 300), (float("inf"), 300)])
async def test_names_are_asked_again_by_their_ttl_within_bounds(ttl: float, wait: int) -> None:
    async with stage({"wiki": [v4("10.0.0.7", ttl=ttl)]}) as on:
        on.publish("wiki")
        await asyncio.sleep(999)
        assert on.names.waits("wiki") == pytest.approx([wait] * (999 // wait))


async def test_failures_are_asked_again_less_and_less_often() -> None:
    async with stage({"wiki": [ResolverFailed("SERVFAIL")]}) as on:
        on.publish("wiki")
        await asyncio.sleep(200)
        assert on.names.waits("wiki") == pytest.approx([5, 10, 20, 40, 60, 60])


async def test_a_success_ends_the_backing_off() -> None:
    failed = ResolverFailed("SERVFAIL")
    async with stage({"wiki": [failed, failed, v4("10.0.0.7", ttl=30), failed]}) as on:
        on.publish("wiki")
        await asyncio.sleep(51)
        assert on.names.waits("wiki") == pytest.approx([5, 10, 30, 5])


async def test_waits_are_longer_by_chance_so_that_agents_do_not_ask_as_one() -> None:
    async with stage({"wiki": [v4("10.0.0.7", ttl=100)]}, random=lambda: 0.5) as on:
        on.publish("wiki")
        await asyncio.sleep(110)
        assert on.names.waits("wiki") == pytest.approx([105])


async def test_one_name_is_asked_for_once_however_many_targets_have_it() -> None:
    async with stage({"wiki": [v4("10.0.0.7")]}) as on:
        on.resolving.publish(
            tuple(Endpoint(name=f"wiki-{port}", host="wiki", port=port) for port in (80, 443))
        )
        await asyncio.sleep(1)
        assert on.out.shown == {"wiki-80": "10.0.0.7", "wiki-443": "10.0.0.7"}
        assert len(on.names.asked) == 1


async def test_a_name_that_left_is_asked_for_no_more() -> None:
    async with stage({"wiki": [v4("10.0.0.7", ttl=5)], "ok": [v4("10.0.0.8", ttl=5)]}) as on:
        on.publish("wiki", "ok")
        await asyncio.sleep(1)
        on.publish("ok")
        assert on.out.shown == {"ok": "10.0.0.8"}
        await asyncio.sleep(60)
        assert len(on.names.waits("wiki")) == 0
        assert len(on.names.waits("ok")) > 5


async def test_new_labels_of_a_known_name_pass_at_once() -> None:
    async with stage({"wiki": [v4("10.0.0.7")]}) as on:
        on.publish("wiki")
        await asyncio.sleep(1)
        on.resolving.publish((Endpoint(name="wiki", host="wiki", zone="b"),))
        (shown,) = on.out.snapshots[-1]
        assert (shown.address, shown.zone) == ("10.0.0.7", "b")
        assert len(on.names.asked) == 1


async def test_the_old_snapshot_stays_until_something_is_known_of_the_new_one() -> None:
    async with stage({"wiki": [v4("10.0.0.7")], "new": [0.5, v4("10.0.0.8")]}) as on:
        on.publish("wiki")
        await asyncio.sleep(1)
        on.publish("new")
        await asyncio.sleep(0.3)
        assert on.out.shown == {"wiki": "10.0.0.7"}
        await asyncio.sleep(0.3)
        assert on.out.shown == {"new": "10.0.0.8"}


async def test_two_hosts_of_one_name_that_are_one_address_are_one_target() -> None:
    async with stage({"a": [v4("10.0.0.7")], "b": [v4("10.0.0.7")]}) as on:
        on.resolving.publish(tuple(Endpoint(name="wiki", host=host) for host in "ab"))
        await asyncio.sleep(1)
        assert len(on.out.snapshots[-1]) == 1


async def test_many_answers_at_once_are_few_snapshots() -> None:
    hosts = [f"host-{number}" for number in range(200)]
    async with stage({host: [0.001, v4("10.0.0.7")] for host in hosts}) as on:
        on.publish(*hosts)
        await asyncio.sleep(1)
        assert len(on.out.shown) == 200
        assert len(on.out.snapshots) < 5


async def test_only_some_names_are_asked_for_at_the_same_time() -> None:
    hosts = [f"host-{number}" for number in range(100)]
    async with stage({host: [0.1, v4("10.0.0.7")] for host in hosts}) as on:
        on.publish(*hosts)
        await asyncio.sleep(10)
        assert len(on.out.shown) == 100
        assert on.names.most_at_once == CONCURRENCY


async def test_names_that_failed_before_hold_up_no_name_that_did_not() -> None:
    dead = [f"dead-{number}" for number in range(100)]
    failed = ResolverFailed("SERVFAIL")
    async with stage({"wiki": [v4("10.0.0.7")], **{host: [failed, HANGS] for host in dead}}) as on:
        on.publish(*dead)
        await asyncio.sleep(100)
        assert on.names.at_once == RETRY_CONCURRENCY
        on.publish(*dead, "wiki")
        await asyncio.sleep(0.2)
        assert on.out.shown["wiki"] == "10.0.0.7"


async def test_a_fault_of_our_own_is_told_as_such_until_a_server_has_spoken() -> None:
    own = ProbeError(Outcome.LOCAL, "wiki: too many open files")
    async with stage({"wiki": [own, NameUnknown("wiki: NXDOMAIN")]}) as here:
        here.publish("wiki")
        told = []
        for seconds in (1, 30):
            await asyncio.sleep(seconds)
            (shown,) = here.out.snapshots[-1]
            told.append((shown.is_our_fault, shown.problem))
    assert told == [
        (True, "wiki: too many open files"),
        (False, "wiki: NXDOMAIN"),
    ]

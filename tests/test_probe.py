import asyncio
from dataclasses import replace

import pytest

from netwatch.endpoint import Endpoint
from netwatch.exposition.family import Kind
from netwatch.model import Outcome, Result, Target
from netwatch.net.ping.engine import Pinger
from netwatch.net.resolver import Answer
from netwatch.probe import AttemptOptions, Engines, ProbeOptions, Services
from netwatch.prober import Prober
from netwatch.probes import PROBES
from netwatch.probes.icmp import IcmpOptions
from netwatch.tally import ATTEMPT_FAMILIES, AttemptTally
from tests.knocking import KnockOptions, a_door, nobody
from tests.nouns import a_check


async def resolve(_: str) -> Answer:
    raise AssertionError("nobody asks")


async def results_of(options: AttemptOptions, *endpoints: Endpoint, count: int = 1) -> list[Result]:
    """Return what following these endpoints gives."""
    found: list[Result] = []
    prober = Prober(found.append)
    with Pinger(lambda _: None) as pinger:
        following = options.follow(Engines(pinger, prober, Services(resolve)))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(prober.run(), name="prober")
            for endpoint in endpoints:
                following.join(Target(a_check("web"), endpoint), first=0.0, count=count)
            await prober.all_done()
            task.cancel()
    return found


def at(port: int, address: str = "127.0.0.1") -> Endpoint:
    return Endpoint(name="wiki", host="wiki", address=address, port=port, problem="no such name")


async def test_who_is_followed_is_probed() -> None:
    with a_door(b"hello\n") as port:
        (result,) = await results_of(KnockOptions(), at(port))
    assert (result.outcome, list(result.phases)) == (Outcome.OK, ["connect", "answer"])
    assert result.values["bytes"] == 6


@pytest.mark.parametrize("blame", [Outcome.RESOLVE, Outcome.LOCAL])
async def test_a_name_without_an_address_fails_by_whose_fault_it_is(blame: Outcome) -> None:
    (result,) = await results_of(
        KnockOptions(), replace(at(1, ""), is_our_fault=blame is Outcome.LOCAL)
    )
    assert (result.outcome, result.detail) == (blame, "no such name")


async def test_who_left_is_not_probed() -> None:
    found: list[Result] = []
    prober = Prober(found.append)
    with Pinger(lambda _: None) as pinger:
        following = KnockOptions().follow(Engines(pinger, prober, Services(resolve)))
        target = Target(a_check("web"), at(1))
        following.join(target)
        following.leave(target)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(prober.run(), name="prober")
            await prober.all_done()
            task.cancel()
    assert found == []


@pytest.mark.parametrize(
    ("expect", "outcome"), [("success", Outcome.REFUSED), ("fail", Outcome.OK)]
)
async def test_what_must_not_be_reachable_is_well_when_it_refuses(
    expect: str, outcome: Outcome
) -> None:
    options = KnockOptions.model_validate({"expect": expect})
    (result,) = await results_of(options, at(nobody()))
    assert result.outcome is outcome


async def test_a_deadline_is_that_of_the_options() -> None:
    with a_door() as port:
        options = KnockOptions.model_validate({"timeout": "50ms"})
        (result,) = await results_of(options, at(port))
    assert result.detail == "no answer within 0.05 s (answer)"


async def test_a_name_without_an_address_fails_before_it_is_probed() -> None:
    (result,) = await results_of(KnockOptions(), at(80, address=""))
    assert (result.outcome, result.detail) == (Outcome.RESOLVE, "no such name")


async def test_an_endpoint_that_lacks_what_the_probe_needs_is_our_own_trouble() -> None:
    (result,) = await results_of(KnockOptions(), at(0))
    assert result.outcome is Outcome.LOCAL
    assert result.detail == "found no port, expected a target with one"


def test_who_needs_nothing_misses_nothing() -> None:
    assert IcmpOptions.misses(at(0)) == ""
    assert KnockOptions.misses(at(80)) == ""


def attempt_probes() -> list[type[AttemptOptions]]:
    probes: list[type[ProbeOptions]] = [*PROBES.values(), KnockOptions]
    return [one for one in probes if issubclass(one, AttemptOptions)]


@pytest.mark.parametrize("options", attempt_probes(), ids=lambda options: options.__name__)
def test_the_keys_of_a_probe_are_not_those_of_all_attempts(options: type[AttemptOptions]) -> None:
    shared = {family.key for family in ATTEMPT_FAMILIES} | set(dir(AttemptTally))
    assert not shared & {family.key for family in options.families}
    assert all(family.kind in (Kind.COUNTER, Kind.GAUGE) for family in options.families)

import asyncio

import pytest
from pydantic import ValidationError

from netwatch.exposition.histogram import Histogram
from netwatch.model import Batch, Outcome
from netwatch.net.ping.engine import Pinger, PingOptions
from netwatch.net.ping.opening import ChannelError
from netwatch.net.resolver import Resolver
from netwatch.probe import Engines, Services
from netwatch.prober import Prober
from netwatch.probes import PROBES
from netwatch.probes.icmp import IcmpOptions
from tests.nouns import a_check, a_target


def options(**values: object) -> IcmpOptions:
    return IcmpOptions.model_validate(values)


def test_the_defaults_are_as_documented() -> None:
    assert IcmpOptions().model_dump() == {
        "interval": 1.0,
        "timeout": 1.0,
        "size": 56,
        "ttl": 64,
        "dscp": 0,
        "dont_fragment": False,
        "source_address": "",
        "interface": "",
        "expect": "success",
        "histogram": "auto",
    }
    assert IcmpOptions().ping_options() == PingOptions()


@pytest.mark.parametrize(
    ("key", "least", "most", "outside"),
    [
        ("interval", "10ms", "1h", ["0s", "9ms", "3601s", 1]),
        ("timeout", "10ms", "1m", ["0s", "9ms", "61s", 1]),
        ("size", 16, 65507, [15, 65508, "56", 56.0]),
        ("ttl", 1, 255, [0, 256]),
        ("dscp", 0, 63, [-1, 64]),
    ],
)
def test_an_option_has_its_limits(
    key: str, least: object, most: object, outside: list[object]
) -> None:
    options(**{key: least})
    options(**{key: most})
    for value in outside:
        with pytest.raises(ValidationError):
            options(**{key: value})


def test_a_timeout_may_be_longer_than_the_interval() -> None:
    chosen = options(interval="200ms", timeout="3s")
    assert (chosen.interval, chosen.timeout) == (0.2, 3.0)


@pytest.mark.parametrize("address", ["10.0.0.7", "fe80::1%eth0", "::1", ""])
def test_a_source_address_is_an_ip_address(address: str) -> None:
    assert options(source_address=address).source_address == address


@pytest.mark.parametrize("text", ["wiki", "10.0.0", "10.0.0.7/24", " "])
def test_anything_else_is_no_source_address(text: str) -> None:
    with pytest.raises(ValidationError, match="expected an IP address"):
        options(source_address=text)


def test_every_option_of_a_packet_reaches_the_engine() -> None:
    values: dict[str, object] = {
        "size": 1400,
        "ttl": 3,
        "dscp": 46,
        "dont_fragment": True,
        "source_address": "127.0.0.1",
        "interface": "lo",
    }
    chosen = options(interval="200ms", timeout="3s", **values).ping_options()
    assert chosen == PingOptions(interval=0.2, timeout=3.0, **values)  # type: ignore[arg-type]


def test_every_family_finds_its_value_in_the_tally() -> None:
    tally = IcmpOptions.tally()
    tally.count_into(Histogram(IcmpOptions.buckets), shown=True)
    tally.settle(Outcome.OK, 0.001, 64, accepted=True)
    missing = [f.name for f in IcmpOptions.families if getattr(tally, f.key, None) is None]
    assert missing == []
    assert IcmpOptions.histogram_key in {family.key for family in IcmpOptions.families}


def test_the_registry_knows_it_by_its_name() -> None:
    assert PROBES["icmp"] is IcmpOptions


async def test_a_target_that_joins_is_pinged_until_it_leaves() -> None:
    try:
        Pinger.check_privilege()
    except ChannelError as error:
        pytest.skip(str(error))
    batches: list[Batch] = []
    target = a_target("127.0.0.1", "127.0.0.1", check=a_check())
    with Pinger(batches.append) as pinger:
        following = options(interval="10ms", timeout="10s").follow(
            Engines(pinger, Prober(lambda _: None), Services(Resolver().resolve))
        )
        following.join(target, count=3)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(pinger.run(), name="pinger")
            await pinger.all_done()
            running.cancel()
        following.leave(target)
    results = [result for batch in batches for result in batch.results()]
    assert [result.outcome for result in results] == [Outcome.OK] * 3
    assert {result.target for result in results} == {target}

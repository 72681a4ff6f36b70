import asyncio
import signal

import pytest

from netwatch.cli.once import (
    SOURCE_SECONDS,
    Assignment,
    SourceFailedError,
    first_snapshot,
    probe,
    resolved,
)
from netwatch.endpoint import Endpoint, Publisher, Snapshot
from netwatch.model import Batch, Target
from netwatch.probes.icmp import IcmpOptions
from netwatch.resolution import ResolveOptions
from netwatch.sinks.summary import SummarySink, exit_code, verdict
from tests.knocking import KnockOptions, a_door
from tests.nouns import a_check

may_ping = pytest.mark.usefixtures("may_ping")
FAST = IcmpOptions.model_validate({"interval": "20ms"})


class ScriptedSource:
    """Publishes its snapshots, or fails, or says nothing; then it waits."""

    def __init__(self, *snapshots: Snapshot, failure: str = "") -> None:
        self._snapshots = snapshots
        self._failure = failure

    async def run(self, publisher: Publisher) -> None:
        for snapshot in self._snapshots:
            publisher.publish(snapshot)
        if self._failure:
            publisher.fail(self._failure)
        await asyncio.Event().wait()


def on_loopback(*addresses: str) -> list[Assignment]:
    check = a_check("here")
    endpoints = [Endpoint(name=a, host=a, address=a, family=4) for a in addresses]
    return [Assignment(Target(check, endpoint), FAST) for endpoint in endpoints]


async def test_the_first_snapshot_of_a_source_is_taken() -> None:
    first, second = (Endpoint(name="a", host="127.0.0.1"),), ()
    assert await first_snapshot(ScriptedSource(first, second)) == first


async def test_a_source_that_fails_is_an_error_with_its_words() -> None:
    with pytest.raises(SourceFailedError, match=r"^the backend is away$"):
        await first_snapshot(ScriptedSource(failure="the backend is away"))


@pytest.mark.virtual_time
async def test_a_source_that_says_nothing_is_not_waited_for_without_end() -> None:
    start = asyncio.get_running_loop().time()
    with pytest.raises(SourceFailedError, match=r"^no answer within 5 seconds$"):
        await first_snapshot(ScriptedSource())
    assert asyncio.get_running_loop().time() - start == pytest.approx(SOURCE_SECONDS)


async def test_addresses_need_no_resolver_and_the_same_target_twice_is_one() -> None:
    endpoints = [Endpoint(name="a", host=host) for host in ("127.0.0.1", "::1", "127.0.0.1")]
    found = await resolved(endpoints, ResolveOptions())
    assert [(endpoint.address, endpoint.family) for endpoint in found] == [
        ("127.0.0.1", 4),
        ("::1", 6),
    ]


async def test_where_the_probe_is_asked_about_names_they_stay() -> None:
    endpoints = [Endpoint(name="a", host="wiki.example"), Endpoint(name="b", host="::1")]
    found = await resolved(endpoints, None)
    assert [(e.host, e.address) for e in found] == [("wiki.example", ""), ("::1", "::1")]


@may_ping
async def test_every_target_gets_its_number_of_packets() -> None:
    summary = SummarySink()
    await probe(on_loopback("127.0.0.1", "127.0.0.2"), 3, [summary])
    assert [(one.tally.sent, one.tally.received) for one in summary.pings] == [(3, 3), (3, 3)]


@may_ping
async def test_pings_and_attempts_run_together_each_as_often_as_it_is_wont_to() -> None:
    summary = SummarySink()
    with a_door(b"hello\n") as port:
        check = a_check("door", probe="knock")
        doors = [
            Target(check, Endpoint(name=name, host=name, address="127.0.0.1", port=port))
            for name in ("a", "b")
        ]
        knocks = [Assignment(door, KnockOptions()) for door in doors]
        await probe([*on_loopback("127.0.0.1"), *knocks], None, [summary])
    assert [ping.tally.received for ping in summary.pings] == [5]
    assert [knock.tally.successes for knock in summary.attempts] == [1, 1]
    assert verdict(summary.summaries) == "All 3 targets are well."


@may_ping
async def test_no_target_at_all_ends_at_once() -> None:
    summary = SummarySink()
    await probe([], 3, [summary])
    assert exit_code(summary.summaries) == 2


@may_ping
async def test_progress_is_shown_while_it_goes_on() -> None:
    summary = SummarySink()
    seen: list[int] = []

    def show() -> None:
        (only,) = summary.pings
        seen.append(only.tally.received)
        if only.tally.received:
            signal.raise_signal(signal.SIGTERM)

    await probe(on_loopback("127.0.0.1"), 0, [summary], show)
    assert seen[0] == 0
    assert seen[-1] > 0


class SignalAtFirst(SummarySink):
    """Sends this process a signal at the first packet that settles."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self._number = number

    def take(self, batch: Batch) -> None:
        super().take(batch)
        signal.raise_signal(self._number)


@may_ping
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_a_run_that_has_no_end_and_its_packets_are_told(
    number: signal.Signals,
) -> None:
    sink = SignalAtFirst(number)
    await probe(on_loopback("127.0.0.1"), 0, [sink])
    assert sink.pings[0].tally.received >= 1

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from netwatch.model import Outcome
from netwatch.net.ping.engine import Pinger, PingOptions
from netwatch.net.ping.single import SinglePings
from tests.net.ping.pinging import PATIENT, SOON, Record, target_at, until
from tests.nouns import a_batch, a_target

needs_icmp = pytest.mark.usefixtures("may_ping")


@asynccontextmanager
async def pinging(record: Record) -> AsyncIterator[tuple[SinglePings, Pinger]]:
    """An engine whose batches pass through to the record."""
    singles = SinglePings(record.take)
    with Pinger(singles.take, longest_tick=60) as pinger:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(pinger.run(), name="pinger")
            yield singles, pinger
            task.cancel()


@needs_icmp
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_one_packet_comes_back_with_its_time_and_hop_limit(address: str) -> None:
    record = Record()
    async with pinging(record) as (singles, pinger):
        reply = await singles.ping(pinger, target_at(address), PATIENT)
    assert (reply.outcome, reply.hop_limit, reply.detail) == (Outcome.OK, 64, "")
    assert 0 < reply.duration < PATIENT.timeout
    assert record.rows == {}


@needs_icmp
async def test_many_at_once_each_get_their_own_reply() -> None:
    async with pinging(Record()) as (singles, pinger), asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                singles.ping(pinger, target_at(f"127.0.1.{number}"), replace(PATIENT, size=size)),
                name=f"ping {number}",
            )
            for number, size in enumerate([16, 56, 1400] * 7, start=1)
        ]
    assert [task.result().outcome for task in tasks] == [Outcome.OK] * 21


@needs_icmp
async def test_the_packets_of_the_checks_go_on_to_whoever_takes_them() -> None:
    record = Record()
    async with pinging(record) as (singles, pinger):
        pinger.add(target_at("127.0.0.8", "check"), PATIENT)
        for _ in range(5):
            await singles.ping(pinger, target_at("127.0.0.9", "single"), PATIENT)
        await until(lambda: record.of("check"))
    assert set(record.rows) == {"check"}


@needs_icmp
async def test_a_packet_that_the_kernel_refuses_says_why() -> None:
    options = replace(SOON, source_address="192.0.2.1")
    async with pinging(Record()) as (singles, pinger):
        reply = await singles.ping(pinger, target_at("127.0.0.1"), options)
    assert reply.outcome is Outcome.LOCAL
    assert "192.0.2.1" in reply.detail


@needs_icmp
async def test_whoever_stops_waiting_leaves_nothing_behind() -> None:
    target, record = target_at("127.0.0.1"), Record()
    # The engine does not run, so that the packet never leaves.
    singles = SinglePings(record.take)
    with Pinger(singles.take) as pinger:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(singles.ping(pinger, target, PATIENT), name="ping")
            await asyncio.sleep(0)
            task.cancel()
        singles.take(a_batch(target, Outcome.OK))
        assert record.outcomes("127.0.0.1") == [Outcome.OK]
        pinger.add(target, PATIENT)  # it is not known any more


async def test_only_what_is_awaited_is_taken_out_of_a_batch() -> None:
    record = Record()
    singles, awaited = SinglePings(record.take), a_target("awaited")
    with Pinger(singles.take) as pinger:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(singles.ping(pinger, awaited, PingOptions()), name="ping")
            await asyncio.sleep(0)
            batch = a_batch(awaited, Outcome.TIMEOUT, detail="silence")
            other = a_target("other")
            batch.add(other, 1.0, Outcome.OK, duration=0.002, hop_limit=61)
            batch.add(other, 2.0, Outcome.LOCAL, detail="full", accepted=False)
            singles.take(batch)
    reply = task.result()
    assert (reply.outcome, reply.detail) == (Outcome.TIMEOUT, "silence")
    assert math.isnan(reply.duration)
    assert record.of("other")[0] == (Outcome.OK, "", 0.002, 61, True, 1.0)
    assert record.ways("other") == {(Outcome.OK, True), (Outcome.LOCAL, False)}
    assert record.details("other") == {"", "full"}
    assert record.of("awaited") == []

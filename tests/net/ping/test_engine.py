import asyncio
import os
import time
from collections.abc import Callable
from dataclasses import replace
from statistics import median

import pytest

from netwatch.endpoint import Endpoint
from netwatch.model import Check, Oddity, Outcome, Target
from netwatch.net.ping.engine import GRID_SECONDS, Pinger, PingOptions
from netwatch.net.ping.line import ChannelCounts
from netwatch.net.ping.tally import PingTally
from tests.namespaces import Namespace, connect
from tests.net.ping.pinging import PATIENT, SOON, Record, Row, ping, running, target_at, until
from tests.net.ping.privileges import CAP_NET_RAW, without
from tests.net.ping.responder import Packet, Responder
from tests.rig.rig import Rig

LOOPBACK = ["127.0.0.1", "::1"]
SERVER = ["10.9.1.2", "fd09:1::2"]
BEHIND_RIG = ["10.128.1.1", "fd00:128:1::1"]
CLOSE_SECONDS = 1e-6
"""Two stamps of one packet in the kernel may be as far apart, or rounded."""

Netns = Callable[[str], Namespace]
Ends = tuple[Namespace, Namespace]

needs_icmp = pytest.mark.usefixtures("may_ping")


@pytest.fixture
def ends(netns: Netns) -> Ends:
    """A client and a server, and a cable between them."""
    client, server = netns("client"), netns("server")
    connect(client, server)
    return client, server


@needs_icmp
@pytest.mark.parametrize("address", LOOPBACK)
async def test_every_packet_to_loopback_comes_back_with_its_time(address: str) -> None:
    record = await ping(address, count=20)
    assert record.outcomes(address) == [Outcome.OK] * 20
    assert all(0 < row.duration < PATIENT.timeout for row in record.of(address))
    assert {row.hop_limit for row in record.of(address)} == {64}
    assert record.oddities == []


@needs_icmp
@pytest.mark.parametrize("address", LOOPBACK)
@pytest.mark.parametrize("size", [16, 17, 1400, 65507])
async def test_packets_of_any_size_come_back(address: str, size: int) -> None:
    record = await ping(address, options=replace(PATIENT, size=size))
    assert record.outcomes(address) == [Outcome.OK] * 3
    assert record.oddities == []


@needs_icmp
async def test_all_done_waits_for_every_target() -> None:
    addresses = [f"127.0.0.{host}" for host in range(1, 251)]
    record = await ping(*addresses, "::1", count=2)
    assert all(record.outcomes(address) == [Outcome.OK] * 2 for address in [*addresses, "::1"])


@needs_icmp
async def test_many_targets_of_several_checks_do_not_mix() -> None:
    kinds = [replace(PATIENT, size=size, timeout=20.0 + size) for size in (16, 56, 56, 1400)]
    record = Record()
    async with running(record) as pinger:
        for number, options in enumerate(kinds):
            for host in range(1, 151):
                target = target_at(f"127.0.0.{host}", f"{number}/{host}")
                pinger.add(target, options, first=pinger.ready, count=3)
        await pinger.all_done()
        assert pinger.counts == ChannelCounts()
    assert len(record.rows) == 600
    for name in record.rows:
        assert record.outcomes(name) == [Outcome.OK] * 3
        assert len(record.durations(name)) == 3
    assert record.oddities == []


@pytest.mark.parametrize("interval", [0.5, 1.0, 10.0])
def test_many_targets_share_few_beats_that_are_spread_over_the_interval(interval: float) -> None:
    def beats() -> list[float]:
        with Pinger(Record().take, lambda: 1000.0) as pinger:
            for number in range(2000):
                pinger.add(target_at("10.0.0.7", f"{number}"), PingOptions(interval=interval))
            due = pinger._beats.take_due(1000.0 + interval, 2000)
            return [beat for beat, cohort in due for _ in range(len(cohort))]

    places = {round(due / GRID_SECONDS, 3) for due in beats()}
    assert len(beats()) == 2000
    assert all(place.is_integer() for place in places)
    assert len(places) == round(interval / GRID_SECONDS)
    assert beats() == beats()  # as after a restart


@pytest.mark.netns
async def test_targets_with_different_timeouts_are_lost_each_at_its_own(
    ends: tuple[Namespace, Namespace],
) -> None:
    client, server = ends
    server.nft("add rule inet t input ip protocol icmp drop")
    now = 1000.0
    record = Record()
    with client, Pinger(record.take, lambda: now, longest_tick=0.01) as pinger:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(pinger.run(), name="pinger")
            for name, timeout in (("slow", 300.0), ("fast", 100.0)):
                options = PingOptions(interval=9.0, timeout=timeout)
                pinger.add(target_at("10.9.1.2", name), options, first=now, count=1)
            await until(lambda: sum(line.ledger.in_flight for line in pinger._lines) == 2)
            now += 100.0
            await until(lambda: record.rows)
            assert record.rows.keys() == {"fast"}
            now += 200.0
            await pinger.all_done()
            task.cancel()
    assert record.outcomes("fast") == record.outcomes("slow") == [Outcome.TIMEOUT]


@pytest.mark.netns
@pytest.mark.parametrize("lost", [(), (CAP_NET_RAW,)], ids=["raw", "datagram"])
async def test_a_round_trip_is_from_when_it_left_the_device_until_it_came_back(
    start_rig: Callable[..., Rig], lost: tuple[int, ...]
) -> None:
    """A stamp of our own would be from before the request left the device."""
    rig = start_rig("0.0.0.0/0 delay=0.002", "::/0 delay=0.002")
    rig.namespace.sysctl("net.ipv4.ping_group_range", "0 2147483647")
    with rig.namespace, without(*lost):
        record = await ping(*BEHIND_RIG, count=30)
    for address in BEHIND_RIG:
        truth = [row for row in rig.records() if row.destination == address]
        errors = []
        for row, true in zip(record.of(address), truth, strict=True):
            assert row.started >= true.out_ns / 1e9 - CLOSE_SECONDS
            errors.append(abs(row.duration - (true.in_ns - true.out_ns) / 1e9))
        assert median(errors) < 0.002


@pytest.mark.netns
async def test_a_blocked_loop_is_in_nobodys_round_trip_time(start_rig: Callable[..., Rig]) -> None:
    rig = start_rig("0.0.0.0/0 delay=0.05", "::/0 delay=0.05")
    record = Record()
    with rig.namespace:
        async with running(record) as pinger:
            for address in BEHIND_RIG:
                pinger.add(target_at(address), PATIENT, first=pinger.ready, count=1)
            await until(lambda: len(rig.records()) == 2)
            rig.settled_records(2)
            time.sleep(1.0)  # noqa: ASYNC251  # this is what blocks the loop
            await pinger.all_done()
    for true in rig.records():
        (duration,) = record.durations(true.destination)
        assert abs(duration - (true.in_ns - true.out_ns) / 1e9) < 0.5


@needs_icmp
async def test_a_target_without_count_is_pinged_until_it_is_removed() -> None:
    record = Record()
    leaving, staying = target_at("127.0.0.1"), target_at("127.0.0.2")
    async with running(record) as pinger:
        for target in (leaving, staying):
            pinger.add(target, PATIENT)
        await until(lambda: len(record.of("127.0.0.1")) > 3 and len(record.of("127.0.0.2")) > 3)
        pinger.remove(leaving)
        settled, others = len(record.of("127.0.0.1")), len(record.of("127.0.0.2"))
        await until(lambda: len(record.of("127.0.0.2")) > others + 5)
    assert len(record.of("127.0.0.1")) == settled
    assert set(record.outcomes("127.0.0.2")) == {Outcome.OK}


@needs_icmp
async def test_a_name_that_does_not_resolve_is_unsent_with_the_reason() -> None:
    record = Record()
    check = Check(name="test", probe="icmp", interval=1.0, timeout=1.0)
    endpoint = Endpoint(name="nowhere", host="nowhere", problem="nowhere: no such name")
    async with running(record) as pinger:
        pinger.add(Target(check, endpoint), PATIENT, first=pinger.ready, count=2)
        await pinger.all_done()
    assert record.ways("nowhere") == {(Outcome.RESOLVE, False)}
    assert record.details("nowhere") == {"nowhere: no such name"}
    assert len(record.of("nowhere")) == 2


@needs_icmp
@pytest.mark.parametrize(
    ("address", "change", "outcome", "detail"),
    [
        ("fe80::1%nowhere", {}, Outcome.UNREACHABLE, "no interface nowhere"),
        ("127.0.0.1", {"interface": "nowhere"}, Outcome.LOCAL, "through nowhere: No such device"),
        ("::1", {"interface": "nowhere"}, Outcome.LOCAL, "through nowhere: No such device"),
        ("127.0.0.1", {"source_address": "192.0.2.9"}, Outcome.LOCAL, "from 192.0.2.9"),
        ("::1", {"source_address": "2001:db8::9"}, Outcome.LOCAL, "from 2001:db8::9"),
    ],
)
async def test_what_this_host_does_not_have_is_named(
    address: str, change: dict[str, str], outcome: Outcome, detail: str
) -> None:
    options = replace(PATIENT, **change)  # type: ignore[arg-type]  # all of these are strings
    record = await ping(address, options=options)
    assert record.ways(address) == {(outcome, False)}
    (words,) = record.details(address)
    assert detail in words


@pytest.mark.netns
@pytest.mark.parametrize("size", [16, 1400, 65507])
async def test_packets_of_any_size_cross_a_cable(ends: Ends, size: int) -> None:
    client, _ = ends
    with client:
        record = await ping(*SERVER, options=replace(PATIENT, size=size))
    for address in SERVER:
        assert record.outcomes(address) == [Outcome.OK] * 3


@pytest.mark.netns
async def test_a_link_local_address_is_pinged_through_its_interface(
    ends: Ends,
) -> None:
    client, server = ends
    server.add_address("fe80::7/64", "to-client")
    with client:
        record = await ping("fe80::7%to-server")
    assert record.outcomes("fe80::7%to-server") == [Outcome.OK] * 3


@pytest.mark.netns
@pytest.mark.parametrize("address", SERVER)
async def test_two_targets_at_one_address_do_not_mix_however_replies_are_ordered(
    ends: Ends, address: str
) -> None:
    client, server = ends
    record = Record()

    def last_first(request: Packet) -> list[bytes]:
        held.append(request.reply())
        return held[::-1] if len(held) == 6 else []

    held: list[bytes] = []
    with client, Responder(server, "to-client", last_first) as responder:
        async with running(record) as pinger:
            for name, size in (("small", 16), ("large", 1400)):
                options = replace(PATIENT, size=size)
                target = target_at(address, name)
                pinger.add(target, options, first=pinger.ready, count=3)
            await pinger.all_done()
        counts = pinger.counts
    assert sorted(len(request.message) for request in responder.requests) == [24] * 3 + [1408] * 3
    for name in ("small", "large"):
        assert record.outcomes(name) == [Outcome.OK] * 3
        assert record.oddities.count((name, Oddity.REORDERED)) == 2
    assert len(record.oddities) == 4
    assert counts.foreign == 0


@pytest.mark.netns
@pytest.mark.parametrize("address", SERVER)
async def test_a_target_that_goes_is_lost_and_that_comes_back_is_ok(
    ends: Ends, address: str
) -> None:
    client, server = ends
    server.sysctl("net.ipv6.conf.to-client.keep_addr_on_down", 1)
    record = Record()

    async def next_outcomes(*expected: Outcome) -> None:
        seen = len(record.of(address))
        await until(lambda: set(expected) & set(record.outcomes(address)[seen + 5 :]))

    with client:
        async with running(record) as pinger:
            pinger.add(target_at(address), SOON)
            await next_outcomes(Outcome.OK)
            server.nft("add rule inet t input meta l4proto { icmp, icmpv6 } drop")
            await next_outcomes(Outcome.TIMEOUT)
            server.forget_rules()
            await next_outcomes(Outcome.OK)
            server.ip("link set to-client down")
            await next_outcomes(Outcome.TIMEOUT, Outcome.UNREACHABLE)
            server.ip("link set to-client up")
            await next_outcomes(Outcome.OK)


@pytest.mark.netns
async def test_targets_in_trouble_do_not_disturb_the_others_and_every_packet_settles_once(
    ends: Ends,
) -> None:
    client, server = ends
    client.ip("route add blackhole 10.9.8.1")
    client.ip("route add prohibit 10.9.8.2")
    client.nft("add rule inet t output ip daddr 10.9.8.3 drop")
    client.nft("add rule inet t output ip6 daddr fd09:8::3 drop")
    server.nft("add rule inet t input ip daddr 10.9.8.4 drop")
    server.nft("add rule inet t input ip daddr 10.9.8.5 reject with icmp port-unreachable")
    for unsuspecting in ("10.9.8.3", "10.9.8.4", "10.9.8.5"):
        client.ip(f"route add {unsuspecting} via 10.9.1.2")
        server.ip(f"address add {unsuspecting} dev lo")
    client.ip("route add fd09:8::3 via fd09:1::2")

    expected = {
        **dict.fromkeys(("10.9.8.1", "10.9.8.2", "10.9.8.3", "fd09:8::3"), Outcome.BLOCKED),
        "10.9.8.4": Outcome.TIMEOUT,
        "10.9.8.5": Outcome.REFUSED,
        **dict.fromkeys(SERVER, Outcome.OK),
    }
    record = Record()
    with client:
        async with running(record) as pinger:
            for address, outcome in expected.items():
                options = SOON if outcome is Outcome.TIMEOUT else PATIENT
                pinger.add(target_at(address), options, first=pinger.ready, count=20)
            await pinger.all_done()
    for address, outcome in expected.items():
        assert record.outcomes(address) == [outcome] * 20
        assert len(record.durations(address)) == (20 if outcome is Outcome.OK else 0)
        tally = _tally(record.of(address))
        assert tally.sent == tally.received + tally.lost + sum(tally.errors.values())
        assert tally.sent == (0 if outcome is Outcome.BLOCKED else 20)
        assert sum(tally.unsent.values()) == 20 - tally.sent
    assert record.oddities == []


def _tally(rows: list[Row]) -> PingTally:
    tally = PingTally()
    for row in rows:
        tally.settle(row.outcome, row.duration, row.hop_limit, accepted=row.accepted)
    return tally


@pytest.mark.netns
async def test_identifiers_are_random_and_never_the_process_id(
    ends: Ends,
) -> None:
    client, server = ends
    with client, Responder(server, "to-client") as responder:
        for _ in range(4):
            await ping(*SERVER, count=1)
        await until(lambda: len(responder.requests) == 8)
    identifiers = [request.message[4:6] for request in responder.requests]
    assert len(set(identifiers)) > 6
    assert identifiers.count((os.getpid() & 0xFFFF).to_bytes(2)) < 2

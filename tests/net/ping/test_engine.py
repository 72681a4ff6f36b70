import os
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from netwatch.model import Check, Endpoint, Oddity, Outcome, Target
from netwatch.net.ping.tally import PingTally
from tests.namespaces import Namespace, connect
from tests.net.ping.pinging import PATIENT, SOON, Record, Row, ping, running, target_at, until
from tests.net.ping.responder import Packet, Responder

LOOPBACK = ["127.0.0.1", "::1"]
SERVER = ["10.9.1.2", "fd09:1::2"]

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
        pinger.add(Target(check, endpoint), PATIENT, first=time.monotonic(), count=2)
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
                pinger.add(target, options, first=time.monotonic(), count=3)
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
                pinger.add(target_at(address), options, first=time.monotonic(), count=20)
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

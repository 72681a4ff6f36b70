from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_address

import pytest

from netwatch.model import Oddity, Outcome
from netwatch.net.ping.channel import Channel
from netwatch.net.ping.engine import Pinger, PingOptions
from netwatch.net.ping.line import ChannelCounts
from netwatch.net.ping.opening import ChannelOptions
from tests.namespaces import Namespace, connect
from tests.net.ping.pinging import PATIENT, SOON, Record, ping, running, target_at, until
from tests.net.ping.privileges import CAP_NET_RAW, without
from tests.net.ping.responder import NO_OPERATION, Packet, Responder, Script

SERVERS = ["10.9.1.2", "fd09:1::2"]
ELSEWHERE = {4: "10.9.1.77", 6: "fd09:1::77"}
PROHIBITED = {4: (3, 13), 6: (1, 1)}

Netns = Callable[[str], Namespace]

pytestmark = pytest.mark.netns

at_both = pytest.mark.parametrize("address", SERVERS)


@dataclass(frozen=True)
class Scene:
    record: Record
    pinger: Pinger
    responder: Responder


@dataclass(frozen=True)
class Bench:
    """A client with one kind of sockets, and a server that answers as scripted."""

    client: Namespace
    server: Namespace
    is_raw: bool

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Sockets opened here are the client's, and of this kind."""
        lost = () if self.is_raw else (CAP_NET_RAW,)
        with self.client, without(*lost):
            yield

    @asynccontextmanager
    async def pinging(
        self, address: str, script: Script, *, options: PingOptions = PATIENT
    ) -> AsyncIterator[Scene]:
        """Ping without end."""
        record = Record()
        with Responder(self.server, "to-client", script) as responder, self.entered():
            async with running(record) as pinger:
                pinger.add(target_at(address), options, first=pinger.ready)
                yield Scene(record, pinger, responder)

    async def ping(self, address: str, script: Script) -> tuple[Record, ChannelCounts]:
        """Ping until five packets have settled."""
        async with self.pinging(address, script) as scene:
            await until(lambda: len(scene.record.of(address)) >= 5)
        return scene.record, scene.pinger.counts


@pytest.fixture(params=["raw", "datagram"])
def bench(netns: Netns, request: pytest.FixtureRequest) -> Bench:
    client, server = netns("client"), netns("server")
    connect(client, server)
    client.sysctl("net.ipv4.ping_group_range", "0 2147483647")
    return Bench(client, server, is_raw=request.param == "raw")


raw_alone = pytest.mark.parametrize("bench", ["raw"], indirect=True)


@at_both
def test_the_kind_of_socket_follows_the_privilege(bench: Bench, address: str) -> None:
    family = ip_address(address).version
    with bench.entered(), closing(Channel(ChannelOptions(family=family))) as channel:
        assert channel.is_raw == bench.is_raw


@at_both
async def test_honest_replies_are_ok_and_nothing_else(bench: Bench, address: str) -> None:
    record, counts = await bench.ping(address, lambda request: [request.reply(hop_limit=61)])
    assert record.ways(address) == {(Outcome.OK, True)}
    assert len(record.durations(address)) == len(record.of(address))
    assert {row.hop_limit for row in record.of(address)} == {61}
    assert record.oddities == []
    assert counts == ChannelCounts()


@at_both
async def test_a_second_reply_is_a_duplicate(bench: Bench, address: str) -> None:
    async with bench.pinging(address, lambda request: [request.reply()] * 2) as scene:
        await until(lambda: len(scene.record.oddities) >= 3)
    assert set(scene.record.oddities) == {(address, Oddity.DUPLICATE)}
    assert set(scene.record.outcomes(address)) == {Outcome.OK}


@at_both
async def test_a_reply_after_the_timeout_is_late_and_its_packet_stays_lost(
    bench: Bench, address: str
) -> None:
    async with bench.pinging(address, lambda _: (), options=replace(SOON, interval=9)) as scene:
        await until(lambda: scene.record.of(address) and scene.responder.requests)
        (request,) = scene.responder.requests
        scene.responder.send(request.reply())
        # The engine has nothing in flight, so nothing but its next beat makes it look.
        scene.pinger.add(target_at(address, "other"), SOON)
        await until(lambda: scene.record.oddities)
    assert scene.record.outcomes(address) == [Outcome.TIMEOUT]
    assert scene.record.oddities == [(address, Oddity.LATE)]


@at_both
@pytest.mark.parametrize(
    "damaged_byte", [8, 16, 40, -1], ids=["nonce", "sequence", "middle", "end"]
)
async def test_a_damaged_reply_is_corrupt_and_a_whole_one_still_counts(
    bench: Bench, address: str, damaged_byte: int
) -> None:
    def damaged_first(request: Packet) -> list[bytes]:
        message = bytearray(request.message)
        message[damaged_byte] ^= 1
        return [request.reply(payload=bytes(message[8:])), request.reply()]

    record, counts = await bench.ping(address, damaged_first)
    assert record.outcomes(address)[:5] == [Outcome.OK] * 5
    assert record.oddities.count((address, Oddity.CORRUPT)) >= 5
    assert set(record.oddities) == {(address, Oddity.CORRUPT)}
    assert counts.foreign == 0


@at_both
@pytest.mark.parametrize("length", [0, 8, 20, 55])
async def test_a_shortened_reply_is_corrupt_and_a_whole_one_still_counts(
    bench: Bench, address: str, length: int
) -> None:
    def short_first(request: Packet) -> list[bytes]:
        return [request.reply(payload=request.message[8 : 8 + length]), request.reply()]

    record, _ = await bench.ping(address, short_first)
    assert record.outcomes(address)[:5] == [Outcome.OK] * 5
    assert set(record.oddities) == {(address, Oddity.CORRUPT)}


@at_both
async def test_a_wrong_checksum_is_never_a_good_reply(bench: Bench, address: str) -> None:
    def with_wrong_checksum(request: Packet) -> list[bytes]:
        packet = bytearray(request.reply())
        packet[-len(request.message) + 2] ^= 1
        return [bytes(packet)]

    async with bench.pinging(address, with_wrong_checksum, options=SOON) as scene:
        await until(lambda: len(scene.record.of(address)) >= 3)
    assert set(scene.record.outcomes(address)) == {Outcome.TIMEOUT}
    delivered = bench.is_raw and address == "10.9.1.2"  # elsewhere the kernel drops it
    assert set(scene.record.oddities) == ({(address, Oddity.CORRUPT)} if delivered else set())


@at_both
async def test_the_right_reply_from_the_wrong_host_is_foreign(bench: Bench, address: str) -> None:
    def also_from_elsewhere(request: Packet) -> list[bytes]:
        return [request.reply(source=ELSEWHERE[request.family]), request.reply()]

    record, counts = await bench.ping(address, also_from_elsewhere)
    assert set(record.outcomes(address)) == {Outcome.OK}
    assert record.oddities == []
    assert counts.foreign >= 5


@at_both
async def test_a_reply_that_we_never_asked_for_is_foreign(bench: Bench, address: str) -> None:
    def also_strange(request: Packet) -> list[bytes]:
        return [request.reply(sequence=60_000, payload=bytes(56)), request.reply()]

    record, counts = await bench.ping(address, also_strange)
    assert set(record.outcomes(address)) == {Outcome.OK}
    assert record.oddities == []
    assert counts.foreign >= 5


@at_both
async def test_replies_to_other_pingers_do_not_reach_us(bench: Bench, address: str) -> None:
    def also_to_others(request: Packet) -> list[bytes]:
        other = int.from_bytes(request.message[4:6]) ^ 1
        return [request.reply(identifier=other), request.reply()]

    record, counts = await bench.ping(address, also_to_others)
    assert set(record.outcomes(address)) == {Outcome.OK}
    assert record.oddities == []
    assert counts == ChannelCounts()


@at_both
async def test_messages_too_short_for_a_header_are_ignored(bench: Bench, address: str) -> None:
    def also_cut(request: Packet) -> list[bytes]:
        whole = replace(request, source=request.destination, destination=request.source)
        cut = [replace(whole, message=request.message[:n]).pack() for n in (1, 4, 7)]
        return [*cut, request.reply()]

    record, counts = await bench.ping(address, also_cut)
    assert set(record.outcomes(address)) == {Outcome.OK}
    assert counts.foreign == 0


@raw_alone
@at_both
async def test_an_error_about_no_ip_packet_is_malformed(bench: Bench, address: str) -> None:
    def also_garbage(request: Packet) -> list[bytes]:
        about = bytearray(request.pack())
        about[0] ^= 0xF0  # no such IP version
        return [request.error(*PROHIBITED[request.family], about=bytes(about)), request.reply()]

    record, counts = await bench.ping(address, also_garbage)
    assert set(record.outcomes(address)) == {Outcome.OK}
    assert counts.malformed >= 5


@at_both
async def test_an_error_about_our_packet_settles_it(bench: Bench, address: str) -> None:
    record, counts = await bench.ping(
        address, lambda request: [request.error(*PROHIBITED[request.family])]
    )
    assert record.ways(address) == {(Outcome.BLOCKED, True)}
    assert counts == ChannelCounts()


@at_both
async def test_an_error_about_our_packet_settles_it_even_if_it_is_as_long_as_a_reply(
    bench: Bench, address: str
) -> None:
    header_bytes = 20 if address == "10.9.1.2" else 40

    def quoted_in_short(request: Packet) -> list[bytes]:
        about = request.pack()[: header_bytes + 8]  # as RFC 792 has it
        return [request.error(*PROHIBITED[request.family], about=about)]

    options = replace(PATIENT, size=header_bytes + 8)
    async with bench.pinging(address, quoted_in_short, options=options) as scene:
        await until(lambda: len(scene.record.of(address)) >= 3)
    assert scene.record.ways(address) == {(Outcome.BLOCKED, True)}
    assert scene.pinger.counts.foreign == 0


async def test_ip_options_around_and_inside_an_error_do_not_hide_it(bench: Bench) -> None:
    def rejected(request: Packet) -> list[bytes]:
        about = replace(request, options=NO_OPERATION * 3).pack()
        return [request.error(3, 13, about=about, options=NO_OPERATION)]

    record, _ = await bench.ping("10.9.1.2", rejected)
    assert record.ways("10.9.1.2") == {(Outcome.BLOCKED, True)}


async def test_ip_options_of_a_reply_do_not_hide_it(bench: Bench) -> None:
    record, counts = await bench.ping(
        "10.9.1.2", lambda request: [request.reply(options=NO_OPERATION * 2)]
    )
    assert record.ways("10.9.1.2") == {(Outcome.OK, True)}
    assert record.oddities == []
    assert counts == ChannelCounts()


@at_both
@pytest.mark.parametrize("strange", ["destination", "identifier", "sequence", "kind"])
async def test_an_error_about_another_packet_is_ignored(
    bench: Bench, address: str, strange: str
) -> None:
    def also_about_another(request: Packet) -> list[bytes]:
        message = bytearray(request.message)
        place = {"identifier": 5, "sequence": 6, "kind": 0, "destination": -1}[strange]
        message[place] ^= 1
        other = ELSEWHERE[request.family] if strange == "destination" else request.destination
        about = replace(request, message=bytes(message), destination=other).pack()
        return [request.error(*PROHIBITED[request.family], about=about), request.reply()]

    record, counts = await bench.ping(address, also_about_another)
    assert record.ways(address) == {(Outcome.OK, True)}
    assert counts.foreign == 0


async def test_an_error_about_one_target_is_never_anothers(bench: Bench) -> None:
    for another in ("10.9.1.3/24", "fd09:1::3/64"):
        bench.server.add_address(another, "to-client")
    bench.server.nft("add rule inet t input ip daddr 10.9.1.3 reject with icmp host-prohibited")
    bench.server.nft("add rule inet t input ip6 daddr fd09:1::3 reject with icmpv6 policy-fail")
    with bench.entered():
        record = await ping("10.9.1.3", "fd09:1::3", *SERVERS, count=20)
    for address in SERVERS:
        assert record.ways(address) == {(Outcome.OK, True)}
    for address in ("10.9.1.3", "fd09:1::3"):
        assert record.ways(address) == {(Outcome.BLOCKED, True)}
        assert len(record.of(address)) == 20

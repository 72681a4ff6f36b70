import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from ipaddress import ip_address

import pytest

from netwatch.net.ping import mmsg
from netwatch.net.ping.layout import SWAPPED, Departure
from netwatch.wire.icmp import EchoFailure
from tests.namespaces import Namespace, connect
from tests.net.ping.channels import KINDS, LOOPBACK, NONCE, Kind, Opened, gather, opened
from tests.net.ping.pinging import until
from tests.net.ping.responder import Packet, Responder
from tests.rig.rig import Rig

SERVERS = {4: "10.9.1.2", 6: "fd09:1::2"}
BEHIND_TUN = {4: "10.128.1.1", 6: "fd00:128:1::1"}
NONCES = frozenset({NONCE, b"another."})

Netns = Callable[[str], Namespace]

pytestmark = pytest.mark.netns

at_each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
datagram_alone = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if not kind.is_raw], ids=str
)


@pytest.fixture
def cable(netns: Netns) -> tuple[Namespace, Namespace]:
    client, server = netns("client"), netns("server")
    connect(client, server)
    return client, server


def received(
    ends: Opened, nonces: frozenset[bytes] = NONCES
) -> tuple[list[Departure], list[EchoFailure]]:
    """Receive once, and look at each message by itself."""
    number = ends.channel.departures.receive()
    return ends.channel.departures.rows(number, nonces)


def departures(ends: Opened, count: int) -> list[Departure]:
    """Return requests that left; none may fail."""

    def look() -> Sequence[Departure]:
        found, failures = received(ends)
        assert failures == []
        return found

    return gather(count, look)


def sequences(found: list[Departure]) -> list[int]:
    assert {nonce for *_, nonce in found} == {NONCE}
    return [SWAPPED[raw] for *_, raw, _ in found]


def nanoseconds(found: list[Departure]) -> list[int]:
    return [seconds * 10**9 + rest for seconds, rest, *_ in found]


@at_each_kind
@pytest.mark.parametrize("payload_bytes", [16, 56, 1400, 65_000])
@pytest.mark.parametrize("way", ["at once", "one by one"])
def test_the_kernel_tells_when_each_request_left_to_loopback(
    netns: Netns, monkeypatch: pytest.MonkeyPatch, kind: Kind, payload_bytes: int, way: str
) -> None:
    monkeypatch.setattr(mmsg, "IS_AVAILABLE", way == "at once")
    before = time.time_ns()
    with opened(netns("host"), kind, payload_bytes) as ends:
        ends.send(*[LOOPBACK[kind.family]] * 3, first=500)
        found = departures(ends, 3)
        assert ends.channel.departures.receive() == 0
    assert sequences(found) == [500, 501, 502]
    stamps = [before, *nanoseconds(found), time.time_ns()]
    assert stamps == sorted(stamps)


@at_each_kind
@pytest.mark.parametrize("payload_bytes", [16, 56, 4000])
def test_the_kernel_tells_when_each_request_left_through_a_cable(
    cable: tuple[Namespace, Namespace], kind: Kind, payload_bytes: int
) -> None:
    with opened(cable[0], kind, payload_bytes) as ends:
        ends.send(*[SERVERS[kind.family]] * 3)
        assert sequences(departures(ends, 3)) == [0, 1, 2]


@at_each_kind
@pytest.mark.parametrize("payload_bytes", [16, 56, 1400])
def test_the_kernel_tells_when_each_request_left_where_there_is_no_link_header(
    start_rig: Callable[..., Rig], kind: Kind, payload_bytes: int
) -> None:
    rig = start_rig("::/0 delay=0.001", "0.0.0.0/0 delay=0.001")
    with opened(rig.namespace, kind, payload_bytes) as ends:
        ends.send(*[BEHIND_TUN[kind.family]] * 3)
        found = departures(ends, 3)
        truth = rig.settled_records(3)
    assert sequences(found) == [row.sequence for row in truth] == [0, 1, 2]
    assert all(
        row.out_ns <= stamp < row.in_ns
        for row, stamp in zip(truth, nanoseconds(found), strict=True)
    )


@at_each_kind
def test_links_with_and_without_a_header_do_not_confuse_each_other(
    start_rig: Callable[..., Rig], kind: Kind
) -> None:
    rig = start_rig()
    near, far = LOOPBACK[kind.family], BEHIND_TUN[kind.family]
    with opened(rig.namespace, kind) as ends:
        ends.send(near, far, far, near, near, far)
        assert sorted(sequences(departures(ends, 6))) == [0, 1, 2, 3, 4, 5]
        ends.send(far, near, first=6)
        assert sorted(sequences(departures(ends, 2))) == [6, 7]


@at_each_kind
def test_a_request_that_a_firewall_refused_is_not_mistaken_for_the_next(
    netns: Netns, kind: Kind
) -> None:
    host = netns("host")
    bad = {4: "127.0.0.9", 6: "fd09::9"}[kind.family]
    host.ip("address add fd09::9 dev lo nodad")
    protocol = {4: "ip", 6: "ip6"}[kind.family]
    host.nft(f"add rule inet t output {protocol} daddr {bad} drop")
    good = LOOPBACK[kind.family]
    is_told = kind.is_raw or kind.family == 4  # the kernel keeps it from the others
    with opened(host, kind) as ends:
        refused = ends.send(good, bad, good, bad, bad, good)
        assert list(refused) == ([1, 3, 4] if is_told else [])
        assert sequences(departures(ends, 3)) == [0, 2, 5]


@at_each_kind
def test_a_departure_under_a_nonce_that_is_not_ours_is_nobodys(netns: Netns, kind: Kind) -> None:
    with opened(netns("host"), kind) as ends:
        ends.send(LOOPBACK[kind.family], first=1)
        gather(1, lambda: _seen(ends))
        ends.send(LOOPBACK[kind.family], first=2)
        assert sequences(departures(ends, 1)) == [2]


def _seen(ends: Opened) -> Sequence[int]:
    """Receive under other nonces; return whether the reply, which is behind it, has come."""
    assert received(ends, frozenset({b"another."})) == ([], [])
    return [1] * ends.channel.inbox.receive()


@datagram_alone
@pytest.mark.parametrize("embedded_bytes", [8, 64])
async def test_a_request_that_failed_is_told_however_little_of_it_comes_back(
    cable: tuple[Namespace, Namespace], kind: Kind, embedded_bytes: int
) -> None:
    """Where departures stood in memory before, too."""
    client, server = cable
    address = SERVERS[kind.family]
    prohibited = {4: (3, 13), 6: (1, 1)}[kind.family]
    header_bytes = {4: 20, 6: 40}[kind.family]
    failures: list[EchoFailure] = []

    def reject(request: Packet) -> list[bytes]:
        about = request.pack()[: header_bytes + embedded_bytes]
        return [request.error(*prohibited, about=about)]

    def look(ends: Opened) -> bool:
        failures.extend(received(ends)[1])
        return len(failures) == 3

    with Responder(server, "to-client", reject), opened(client, kind) as ends:
        ends.send(*[LOOPBACK[kind.family]] * 8, first=100)
        assert sequences(departures(ends, 8)) == list(range(100, 108))
        for sequence in (7, 8, 9):
            ends.send(address, first=sequence)
        await until(lambda: look(ends))
    identifier = ends.request[4:6]
    assert [failure.sequence for failure in failures] == [7, 8, 9]
    for failure in failures:
        assert (failure.kind, failure.code, failure.mtu) == (*prohibited, 0)
        assert failure.identifier == int.from_bytes(identifier)
        assert failure.destination == ip_address(address).packed


@datagram_alone
async def test_a_request_that_was_too_big_comes_back_with_the_mtu(
    cable: tuple[Namespace, Namespace], kind: Kind
) -> None:
    client, server = cable
    too_big = {4: (3, 4), 6: (2, 0)}[kind.family]
    failures: list[EchoFailure] = []

    def reject(request: Packet) -> list[bytes]:
        body = struct.pack("!I", 1300) + request.pack()
        back = replace(request, source=request.destination, destination=request.source)
        return [back.with_message(*too_big, body).pack()]

    def look(ends: Opened) -> bool:
        failures.extend(received(ends)[1])
        return bool(failures)

    with (
        Responder(server, "to-client", reject),
        opened(client, kind, 1400, dont_fragment=True) as ends,
    ):
        ends.send(SERVERS[kind.family])
        await until(lambda: look(ends))
    assert [(failure.kind, failure.code, failure.mtu) for failure in failures] == [(*too_big, 1300)]

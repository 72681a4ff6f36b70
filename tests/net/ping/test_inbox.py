import time
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from netwatch.net.ping import mmsg
from netwatch.net.ping.inbox import BATCH_PACKETS, Stray, slots_for
from netwatch.net.ping.layout import SWAPPED, Row, message_values
from netwatch.wire.icmp import EchoFailure, decode_ipv4_packet, decode_message, echo_reply
from tests.namespaces import Namespace
from tests.net.ping.channels import KINDS, LOOPBACK, Kind, Opened, gather, opened
from tests.wire.icmp_packets import numbered

NEIGHBOURS = {4: "127.0.0.9", 6: "fd09::9"}
REJECTIONS = {4: "icmp host-prohibited", 6: "icmpv6 admin-prohibited"}
REQUESTS = {4: "icmp type echo-request", 6: "icmpv6 type echo-request"}

Netns = Callable[[str], Namespace]

pytestmark = pytest.mark.netns

at_each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


@pytest.fixture
def host(netns: Netns) -> Namespace:
    host = netns("host")
    host.ip("address add fd09::9 dev lo nodad")
    return host


def replies(ends: Opened, count: int) -> list[Row]:
    """Return plain replies; nothing else may come."""

    def look() -> list[Row]:
        rows, strays = ends.channel.inbox.rows(ends.channel.inbox.receive())
        assert strays == []
        return rows

    return gather(count, look)


@pytest.fixture(params=["at once", "one by one"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the C library receives many messages a call."""
    if request.param == "one by one":
        monkeypatch.setattr(mmsg, "IS_AVAILABLE", False)
    return str(request.param)


@at_each_kind
@pytest.mark.usefixtures("way")
def test_a_plain_reply_is_a_row_of_its_values(host: Namespace, kind: Kind) -> None:
    address = LOOPBACK[kind.family]
    before = time.time_ns()
    with opened(host, kind) as ends:
        ends.send(*[address] * 3, first=500)
        rows = replies(ends, 3)
    after = time.time_ns()
    reply = echo_reply(kind.family, ends.request)
    for row, sequence in zip(rows, (500, 501, 502), strict=True):
        sender, seconds, nanoseconds, hop_limit, *values = row
        assert sender == ip_address(address).packed
        assert before < seconds * 10**9 + nanoseconds < after
        assert hop_limit == 64
        assert tuple(values) == message_values(kind.family, numbered(reply, sequence))


@at_each_kind
def test_more_replies_than_fit_into_the_ring_are_told_each_once(
    host: Namespace, kind: Kind
) -> None:
    numbers: list[int] = []
    found: list[Row] = []

    def look() -> list[Row]:
        number = ends.channel.inbox.receive()
        rows, strays = ends.channel.inbox.rows(number)
        assert strays == []
        numbers.append(number)
        found.extend(rows)
        return rows

    with opened(host, kind) as ends:
        for first in (0, 100):
            ends.send(*[LOOPBACK[kind.family]] * 100, first=first)
        gather(200, look)
        assert ends.channel.inbox.receive() == 0
    assert [SWAPPED[row[6]] for row in found] == list(range(200))
    assert max(numbers) <= ends.channel.inbox.most == BATCH_PACKETS


@at_each_kind
@pytest.mark.usefixtures("way")
def test_what_is_no_plain_reply_is_given_whole_and_the_replies_around_it_stay(
    host: Namespace, kind: Kind
) -> None:
    """Datagram sockets learn of ICMP errors by their error queue instead."""
    alive, rejecting = LOOPBACK[kind.family], NEIGHBOURS[kind.family]
    protocol = {4: "ip", 6: "ip6"}[kind.family]
    host.nft(
        f"add rule inet t input {protocol} daddr {rejecting} {REQUESTS[kind.family]} "
        f"reject with {REJECTIONS[kind.family]}"
    )
    rows: list[Row] = []
    strays: list[Stray] = []

    def look() -> list[Row | Stray]:
        new_rows, new_strays = ends.channel.inbox.rows(ends.channel.inbox.receive())
        rows.extend(new_rows)
        strays.extend(new_strays)
        return [*new_rows, *new_strays]

    before = time.time_ns()
    with opened(host, kind) as ends:
        ends.send(alive, rejecting, alive, rejecting, alive)
        gather(5 if kind.is_raw else 3, look)
    assert [SWAPPED[row[6]] for row in rows] == [0, 2, 4]
    assert [failed_sequence(stray, kind) for stray in strays] == ([1, 3] if kind.is_raw else [])
    for stray in strays:
        assert stray.sender == ip_address(rejecting).packed
        assert before < stray.stamp_ns < time.time_ns()
        assert kind.family == 4 or stray.hop_limit == 64


def failed_sequence(stray: Stray, kind: Kind) -> int:
    if kind.family == 4:
        failure = decode_ipv4_packet(stray.data)
    else:
        failure = decode_message(stray.data, 6, stray.hop_limit)
    assert isinstance(failure, EchoFailure)
    return failure.sequence


@pytest.mark.parametrize(("stride", "slots"), [(300, 256), (65_536, 16), (1 << 20, 8)])
def test_a_ring_takes_a_megabyte_at_most_but_for_giants(stride: int, slots: int) -> None:
    assert slots_for(stride) == slots

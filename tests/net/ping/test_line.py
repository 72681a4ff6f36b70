import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from ipaddress import ip_address
from typing import NamedTuple

import pytest

from netwatch.model import Outcome
from netwatch.net.ping.epoch import EPOCH_SECONDS, Flow
from netwatch.net.ping.line import REOPEN_SECONDS, Line, LineOptions, Lines, random_identifier
from netwatch.net.ping.opening import (
    SO_TIMESTAMPING,
    SOF_TIMESTAMPING_RX_SOFTWARE,
    SOF_TIMESTAMPING_SOFTWARE,
    ChannelError,
    ChannelOptions,
)
from netwatch.net.ping.sockaddr import sockaddr
from netwatch.net.ping.volley import Volley
from tests.namespaces import Namespace, connect
from tests.net.ping.pinging import PATIENT, SOON, ping, target_at, until
from tests.net.ping.responder import Responder

ROUTER = ["10.9.1.2", "fd09:1::2"]
NETWORK_PROHIBITED = "network administratively prohibited"
HOST_PROHIBITED = "host administratively prohibited"
BEHIND = {4: "10.9.2.2", 6: "fd09:2::2"}

Netns = Callable[[str], Namespace]

pytestmark = pytest.mark.netns


class Hosts(NamedTuple):
    client: Namespace
    router: Namespace
    server: Namespace


@pytest.fixture
def hosts(netns: Netns) -> Hosts:
    """A client, a router, and behind a narrow cable a server."""
    hosts = Hosts(netns("client"), netns("router"), netns("server"))
    connect(hosts.client, hosts.router, subnet=1)
    connect(hosts.router, hosts.server, subnet=2, mtu=1280)
    for forwarding in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
        hosts.router.sysctl(forwarding, 1)
    for end, gateway in ((hosts.client, "{}1{}2"), (hosts.server, "{}2{}1")):
        end.ip("route add default via " + gateway.format("10.9.", "."))
        end.ip("route add default via " + gateway.format("fd09:", "::"))
    return hosts


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    ("rule", "outcome", "detail"),
    [
        ("blackhole", Outcome.BLOCKED, "a route of this host is a black hole"),
        ("prohibit", Outcome.BLOCKED, "a route of this host prohibits it"),
        ("unreachable", Outcome.UNREACHABLE, "no route to host"),
        ("throw", Outcome.UNREACHABLE, "no route"),
    ],
)
async def test_a_route_that_refuses_packets_keeps_them_unsent(
    netns: Netns, family: int, rule: str, outcome: Outcome, detail: str
) -> None:
    address = BEHIND[family]
    with netns("client") as client:
        client.ip(f"route add {rule} {address}")
        record = await ping(address)
    assert record.ways(address) == {(outcome, False)}
    assert record.details(address) == {detail}
    assert len(record.of(address)) == 3


@pytest.mark.parametrize("address", BEHIND.values())
async def test_packets_without_a_route_are_unsent(netns: Netns, address: str) -> None:
    with netns("client"):
        record = await ping(address)
    assert record.ways(address) == {(Outcome.UNREACHABLE, False)}
    assert record.details(address) == {"no route"}


@pytest.mark.parametrize("address", BEHIND.values())
async def test_a_firewall_on_this_host_keeps_packets_unsent(hosts: Hosts, address: str) -> None:
    hosts.client.nft("add rule inet t output meta l4proto { icmp, icmpv6 } drop")
    with hosts.client:
        record = await ping(address)
    assert record.ways(address) == {(Outcome.BLOCKED, False)}
    assert record.details(address) == {"a firewall on this host refused the packet"}


@pytest.mark.parametrize("address", BEHIND.values())
async def test_a_packet_larger_than_the_interface_that_may_not_be_fragmented_is_unsent(
    hosts: Hosts, address: str
) -> None:
    with hosts.client:
        record = await ping(address, options=replace(PATIENT, size=1600, dont_fragment=True))
    assert record.ways(address) == {(Outcome.UNREACHABLE, False)}
    assert record.details(address) == {"larger than the interface's MTU"}


@pytest.mark.parametrize(("family", "router"), [(4, "10.9.1.2"), (6, "fd09:1::2")])
async def test_a_narrow_link_on_the_way_tells_its_mtu_for_every_packet(
    hosts: Hosts, family: int, router: str
) -> None:
    address = BEHIND[family]
    with hosts.client:
        record = await ping(address, options=replace(PATIENT, size=1400, dont_fragment=True))
        fragmented = await ping(address, options=replace(PATIENT, size=1400))
    words = {4: "too big and not to be fragmented", 6: "too big"}[family]
    assert record.ways(address) == {(Outcome.UNREACHABLE, True)}
    assert record.details(address) == {f"{words} (next hop takes 1280 bytes), says {router}"}
    assert len(record.of(address)) == 3
    if family == 4:  # the router fragments
        assert fragmented.ways(address) == {(Outcome.OK, True)}


@pytest.mark.parametrize(("family", "router"), [(4, "10.9.1.2"), (6, "fd09:1::2")])
async def test_a_packet_that_ran_out_of_hops_names_the_router(
    hosts: Hosts, family: int, router: str
) -> None:
    address = BEHIND[family]
    with hosts.client:
        short = await ping(address, options=replace(PATIENT, ttl=1))
        enough = await ping(address, options=replace(PATIENT, ttl=2))
    assert short.ways(address) == {(Outcome.UNREACHABLE, True)}
    assert short.details(address) == {f"hop limit exceeded, says {router}"}
    assert enough.ways(address) == {(Outcome.OK, True)}
    assert {row.hop_limit for row in enough.of(address)} == {63}


@pytest.mark.parametrize(
    ("address", "reason", "outcome", "words"),
    [
        ("10.9.2.2", "icmp net-unreachable", Outcome.UNREACHABLE, "network unreachable"),
        ("10.9.2.2", "icmp host-unreachable", Outcome.UNREACHABLE, "no route to host"),
        ("10.9.2.2", "icmp prot-unreachable", Outcome.REFUSED, "protocol unreachable"),
        ("10.9.2.2", "icmp port-unreachable", Outcome.REFUSED, "port unreachable"),
        (*("10.9.2.2", "icmp net-prohibited"), *(Outcome.BLOCKED, NETWORK_PROHIBITED)),
        (*("10.9.2.2", "icmp host-prohibited"), *(Outcome.BLOCKED, HOST_PROHIBITED)),
        ("10.9.2.2", "icmp admin-prohibited", Outcome.BLOCKED, "administratively prohibited"),
        ("fd09:2::2", "icmpv6 no-route", Outcome.UNREACHABLE, "no route"),
        ("fd09:2::2", "icmpv6 addr-unreachable", Outcome.UNREACHABLE, "no route to host"),
        ("fd09:2::2", "icmpv6 port-unreachable", Outcome.REFUSED, "port unreachable"),
        ("fd09:2::2", "icmpv6 admin-prohibited", Outcome.BLOCKED, "administratively prohibited"),
        ("fd09:2::2", "icmpv6 policy-fail", Outcome.BLOCKED, "source address failed a policy"),
        ("fd09:2::2", "icmpv6 reject-route", Outcome.BLOCKED, "a route rejects it"),
    ],
)
async def test_a_firewall_that_rejects_is_an_error_in_its_own_words(
    hosts: Hosts, address: str, reason: str, outcome: Outcome, words: str
) -> None:
    request = "icmpv6 type echo-request" if ":" in address else "icmp type echo-request"
    hosts.server.nft(f"add rule inet t input {request} reject with {reason}")
    with hosts.client:
        record = await ping(address)
    assert record.ways(address) == {(outcome, True)}
    assert record.details(address) == {f"{words}, says {address}"}
    assert len(record.of(address)) == 3


@pytest.mark.parametrize("address", BEHIND.values())
async def test_a_firewall_that_drops_is_a_timeout(hosts: Hosts, address: str) -> None:
    hosts.server.nft("add rule inet t input meta l4proto { icmp, icmpv6 } drop")
    with hosts.client:
        record = await ping(address, options=SOON)
    assert record.ways(address) == {(Outcome.TIMEOUT, True)}
    assert record.durations(address) == []


@pytest.mark.parametrize(
    ("address", "router"), [("10.9.2.9", "10.9.1.2"), ("fd09:2::9", "fd09:1::2")]
)
async def test_a_host_without_neighbour_is_unreachable(
    hosts: Hosts, address: str, router: str
) -> None:
    for family in ("ipv4", "ipv6"):
        hosts.router.sysctl(f"net.{family}.neigh.to-server.mcast_solicit", 1)
        hosts.router.sysctl(f"net.{family}.neigh.to-server.retrans_time_ms", 100)
    with hosts.client:
        record = await ping(address)
    assert record.ways(address) == {(Outcome.UNREACHABLE, True)}
    assert record.details(address) == {f"no route to host, says {router}"}


@pytest.mark.parametrize(("address", "own"), [("10.9.1.9", "10.9.1.1"), ("fd09:1::9", "fd09:1::1")])
async def test_a_neighbour_that_does_not_answer_is_unreachable_says_this_host(
    hosts: Hosts, address: str, own: str
) -> None:
    for family in ("ipv4", "ipv6"):
        hosts.client.sysctl(f"net.{family}.neigh.to-router.mcast_solicit", 1)
        hosts.client.sysctl(f"net.{family}.neigh.to-router.retrans_time_ms", 100)
    with hosts.client:
        record = await ping(address)
    assert record.ways(address) == {(Outcome.UNREACHABLE, True)}
    assert record.details(address) == {f"no route to host, says {own}"}


@pytest.mark.parametrize("address", ROUTER)
async def test_a_reply_to_the_identifier_before_this_one_still_counts(
    hosts: Hosts, address: str
) -> None:
    now = 0.0
    outcomes: list[Outcome] = []

    def settled(line: Line) -> int:
        outcomes.extend(line.settle().outcomes)
        return len(outcomes)

    with hosts.client, Responder(hosts.router, "to-client", lambda _: ()) as responder:
        line = Line(_line_to(address), lambda: now)
        with closing(line.channel):
            _send(line, _flow_to(address))
            now += EPOCH_SECONDS
            _send(line, _flow_to(address))
            await until(lambda: len(responder.requests) == 2)
            for request in responder.requests:
                responder.send(request.reply())
            await until(lambda: settled(line) == 2)
    assert outcomes == [Outcome.OK, Outcome.OK]
    first, second = (request.message[4:6] for request in responder.requests)
    assert first != second
    assert line.counts.foreign == 0


@pytest.mark.parametrize("address", ROUTER)
async def test_a_reply_that_our_full_socket_dropped_is_our_own_fault(
    hosts: Hosts, address: str
) -> None:
    now = 0.0

    with (
        Responder(hosts.router, "to-client", lambda r: [r.reply()] * 100) as responder,
        hosts.client,
    ):
        line = Line(_line_to(address), lambda: now)
        line.channel._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        _send(line, _flow_to(address))
        await until(lambda: len(responder.requests) == 1)
        _send(line, _flow_to(address))
        await until(lambda: len(responder.requests) == 2)
        assert line.settle().outcomes == [Outcome.OK]
        now += 2000.0
        batch = line.settle()
        line.channel.close()
    assert batch.outcomes == [Outcome.LOCAL]
    assert batch.details == {0: "our socket dropped replies for want of room"}
    assert line.counts.drops > 0


@pytest.mark.parametrize("address", ROUTER)
@pytest.mark.parametrize("uncalled", [0, 100])
async def test_what_nobody_called_for_is_looked_after_before_it_fills_the_buffer(
    hosts: Hosts, address: str, *, uncalled: int
) -> None:
    now = 50.0
    with (
        Responder(hosts.router, "to-client", lambda r: [r.reply()] * uncalled) as responder,
        hosts.client,
    ):
        line = Line(_line_to(address), lambda: now)
        line.pace_packets = 10
        with closing(line.channel):
            _send(line, _flow_to(address))
            await until(lambda: len(responder.requests) == 1)
            now += 0.1
            line.settle()
            _send(line, _flow_to(address))
            look = line.next_look(longest_seconds=0.5) - now
    if uncalled:  # of about a thousand a second, ten come in a hundredth of it
        assert look == pytest.approx(0.01, rel=0.1)
    else:
        assert look == 0.5


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("is_stamped", [True, False])
async def test_a_request_whose_departure_is_not_told_is_counted_and_has_its_time_all_the_same(
    netns: Netns, address: str, *, is_stamped: bool
) -> None:
    rows: list[tuple[Outcome, float]] = []

    def settled(line: Line) -> int:
        batch = line.settle()
        rows.extend(zip(batch.outcomes, batch.durations, strict=True))
        return len(rows)

    with netns("client"):
        line = Line(_line_to(address), lambda: 0.0)
    with closing(line.channel):
        if not is_stamped:
            options = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE
            line.channel._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, options)
        _send(line, *[_flow_to(address)] * 3)
        await until(lambda: settled(line) == 3)
    assert [outcome for outcome, _ in rows] == [Outcome.OK] * 3
    assert all(duration > 0 for _, duration in rows)
    assert line.counts.unstamped == (0 if is_stamped else 3)


async def test_a_request_that_the_kernel_refused_is_not_called_unstamped(netns: Netns) -> None:
    with netns("client") as client:
        client.ip("route add prohibit 10.9.8.1")
        line = Line(_line_to("10.9.8.1"), lambda: 0.0)
    with closing(line.channel):
        _send(line, *[_flow_to("10.9.8.1")] * 3)
        assert line.settle().outcomes == [Outcome.BLOCKED] * 3
    assert line.counts.unstamped == 0


def _line_to(address: str) -> LineOptions:
    return LineOptions(ChannelOptions(family=ip_address(address).version), timeout_seconds=1000.0)


def _send(line: Line, *flows: Flow) -> None:
    line.backlog.add(Volley.of(flows), due=0.0)
    line.send_some()


def _flow_to(address: str) -> Flow:
    packed = ip_address(address).packed
    return Flow(target_at(address), packed, sockaddr(packed))


def test_a_line_that_cannot_be_opened_is_tried_again_when_its_interface_may_have_come(
    netns: Netns,
) -> None:
    now = 100.0
    lines = Lines(lambda: now)
    options = LineOptions(ChannelOptions(interface="later"), timeout_seconds=1.0)
    with netns("client") as client:
        with pytest.raises(ChannelError, match="through later: No such device"):
            lines.get(options)
        client.ip("link add later type veth")
        now += REOPEN_SECONDS / 2
        with pytest.raises(ChannelError, match="through later: No such device"):
            lines.get(options)
        now += REOPEN_SECONDS
        assert lines.get(options) is lines.get(options)
    lines.close()


def test_a_line_closes_with_its_last_user_and_its_counts_stay(netns: Netns) -> None:
    lines = Lines(lambda: 100.0)
    options = LineOptions(ChannelOptions(), timeout_seconds=1.0)
    with netns("client"):
        lines.reserve(options)
        lines.reserve(options)
        line = lines.get(options)
        line.ledger.foreign = 7
        lines.release(options)
        assert list(lines) == [line]
        lines.release(options)
        assert list(lines) == []
        assert lines.counts.foreign == 7
        assert lines.get(options) is not line
    lines.close()


def test_no_identifier_is_chosen_that_is_taken() -> None:
    taken = set(range(0, 0x1_0000, 2))
    chosen = {random_identifier(taken) for _ in range(100)}
    assert not chosen & taken
    assert len(chosen) > 90

import contextlib
import shutil
import socket
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address

import pytest

from netwatch.model import Outcome
from netwatch.net.ping.engine import Pinger, PingOptions
from netwatch.net.ping.opening import (
    RECEIVE_BUFFER_BYTES,
    ChannelOptions,
    PrivilegeError,
    open_socket,
)
from tests.namespaces import Namespace, connect
from tests.net.ping.pinging import PATIENT, ping, until
from tests.net.ping.privileges import CAP_NET_ADMIN, CAP_NET_RAW, without
from tests.net.ping.responder import Packet, Responder, honest
from tests.programs import run_netwatch

SERVERS = ["10.9.1.2", "fd09:1::2"]
WITHOUT_CAPABILITIES = (
    "setpriv",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--no-new-privs",
)
"""Still UID 0, which needs no capability to read what is root's own."""

Netns = Callable[[str], Namespace]
Ends = tuple[Namespace, Namespace]

needs_setpriv = pytest.mark.skipif(
    shutil.which("setpriv") is None, reason="the program setpriv is not installed"
)
pytestmark = pytest.mark.netns

at_both = pytest.mark.parametrize("address", SERVERS)
as_both_kinds = pytest.mark.parametrize("lost", [(), (CAP_NET_RAW,)], ids=["raw", "datagram"])


@pytest.fixture
def ends(netns: Netns) -> Ends:
    """A client that may open sockets of both kinds, and a server."""
    client, server = netns("client"), netns("server")
    connect(client, server)
    client.sysctl("net.ipv4.ping_group_range", "0 2147483647")
    return client, server


async def _seen_by_server(
    ends: Ends, address: str, options: PingOptions, lost: tuple[int, ...]
) -> Packet:
    """Return one of the requests that reached the server."""
    client, server = ends
    with Responder(server, "to-client", honest) as responder, client, without(*lost):
        record = await ping(address, options=options)
        await until(lambda: len(responder.requests) == 3)
    assert record.ways(address) == {(Outcome.OK, True)}
    return responder.requests[0]


@as_both_kinds
@at_both
async def test_packets_leave_as_they_do_by_default(
    ends: Ends, address: str, lost: tuple[int, ...]
) -> None:
    request = await _seen_by_server(ends, address, PATIENT, lost)
    assert (request.hop_limit, request.traffic_class, request.dont_fragment) == (64, 0, False)
    assert len(request.message) == 8 + 56
    assert request.source == address[:-1] + "1"


@as_both_kinds
@at_both
async def test_hop_limit_and_code_point_are_on_the_packet(
    ends: Ends, address: str, lost: tuple[int, ...]
) -> None:
    options = replace(PATIENT, ttl=7, dscp=46)
    request = await _seen_by_server(ends, address, options, lost)
    assert request.hop_limit == 7
    assert request.traffic_class == 46 << 2


@as_both_kinds
async def test_dont_fragment_is_on_the_packet(ends: Ends, lost: tuple[int, ...]) -> None:
    options = replace(PATIENT, dont_fragment=True)
    assert (await _seen_by_server(ends, "10.9.1.2", options, lost)).dont_fragment


@as_both_kinds
@at_both
async def test_a_large_packet_is_fragmented_only_if_it_may_be(
    ends: Ends, address: str, lost: tuple[int, ...]
) -> None:
    client, _ = ends
    with client, without(*lost):
        whole = await ping(address, options=replace(PATIENT, size=4000, dont_fragment=True))
        in_parts = await ping(address, options=replace(PATIENT, size=4000))
    assert whole.ways(address) == {(Outcome.UNREACHABLE, False)}
    assert in_parts.ways(address) == {(Outcome.OK, True)}


@as_both_kinds
@at_both
async def test_the_source_address_is_on_the_packet(
    ends: Ends, address: str, lost: tuple[int, ...]
) -> None:
    client, _ = ends
    source = address[:-1] + "9"
    client.add_address(f"{source}/{24 if ip_address(address).version == 4 else 64}", "to-server")
    options = replace(PATIENT, source_address=source)
    assert (await _seen_by_server(ends, address, options, lost)).source == source


@as_both_kinds
@at_both
async def test_the_interface_is_where_packets_leave(
    ends: Ends, netns: Netns, address: str, lost: tuple[int, ...]
) -> None:
    """Two neighbours have the address; the interface decides between them."""
    client, _ = ends
    other = netns("other")
    connect(client, other, subnet=3)
    with Responder(other, "to-client", honest) as responder, client, without(*lost):
        client.ip("route add 10.9.1.0/24 dev to-other metric 2000")
        client.ip("route add fd09:1::/64 dev to-other metric 2000")
        other.add_address(address, "to-client")
        record = await ping(address, options=replace(PATIENT, interface="to-other"))
        await until(lambda: len(responder.requests) == 3)
    assert record.ways(address) == {(Outcome.OK, True)}


@pytest.mark.parametrize("family", [4, 6])
def test_the_buffer_exceeds_the_systems_limit_where_we_may(netns: Netns, family: int) -> None:
    def buffer_bytes() -> int:
        with contextlib.closing(open_socket(ChannelOptions(family=family))) as owner:
            size: int = owner.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
            return size

    with netns("client"):
        assert buffer_bytes() == 2 * RECEIVE_BUFFER_BYTES  # socket(7): doubled for bookkeeping
        with without(CAP_NET_ADMIN):
            assert 0 < buffer_bytes() <= 2 * RECEIVE_BUFFER_BYTES


@pytest.mark.parametrize("family", [4, 6])
def test_who_may_open_neither_kind_hears_both_remedies(netns: Netns, family: int) -> None:
    with netns("client"), without(CAP_NET_RAW), pytest.raises(PrivilegeError) as raised:
        open_socket(ChannelOptions(family=family))
    assert "NET_RAW" in raised.value.detail
    assert "net.ipv4.ping_group_range" in raised.value.detail
    assert raised.value.outcome is Outcome.LOCAL


def test_the_privilege_is_checked_before_the_first_packet(netns: Netns) -> None:
    with netns("client") as client, without(CAP_NET_RAW):
        with pytest.raises(PrivilegeError):
            Pinger.check_privilege()
        client.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        Pinger.check_privilege()


@needs_setpriv
def test_a_program_without_privilege_says_both_remedies(netns: Netns) -> None:
    with netns("client"):
        done = run_netwatch("probe", "icmp", "127.0.0.1", prefix=WITHOUT_CAPABILITIES)
    assert done.returncode == 2
    assert "NET_RAW" in done.stderr
    assert "net.ipv4.ping_group_range" in done.stderr
    assert "Traceback" not in done.stderr


@needs_setpriv
def test_a_program_without_capabilities_pings_where_its_group_may(netns: Netns) -> None:
    command = ("probe", "icmp", "127.0.0.1", "::1", "-c", "3", "-i", "20ms", "-t", "20s")
    with netns("client") as client:
        client.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        done = run_netwatch(*command, prefix=WITHOUT_CAPABILITIES)
    assert (done.returncode, done.stderr) == (0, "")

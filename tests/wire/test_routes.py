import ipaddress
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.routes import Gateway, parse_ipv4_gateways, parse_ipv6_gateways

IPV4_HEADER = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
)
ANY, ONE = "0" * 32, "fe80" + "0" * 24 + "0001"


def ipv4_route(gateway: str, *, flags: str = "0003", to: str = "0.0.0.0/0", metric: int = 0) -> str:
    def hexadecimal(address: object) -> str:
        return f"{int.from_bytes(ipaddress.IPv4Address(str(address)).packed, sys.byteorder):08X}"

    network = ipaddress.ip_network(to)
    destination, mask = hexadecimal(network.network_address), hexadecimal(network.netmask)
    fields = f"{destination}\t{hexadecimal(gateway)}\t{flags}\t0\t0\t{metric}\t{mask}\t0\t0\t0"
    return f"eth0\t{fields}\n"


def ipv6_route(gateway: str, *, flags: str = "00000003", to: str = ANY, length: str = "00") -> str:
    return f"{to} {length} {ANY} 00 {gateway} 00000400 00000002 00000000 {flags}     eth0\n"


@pytest.mark.skipif(sys.byteorder == "big", reason="captured on a little-endian machine")
def test_a_captured_ipv4_table_is_read() -> None:
    table = (
        IPV4_HEADER
        + "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0          \n"
        + "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0          \n"
    )
    assert parse_ipv4_gateways(table) == (Gateway("eth0", "192.0.2.1"),)


def test_a_captured_ipv6_table_is_read() -> None:
    table = (
        "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 00000100 00000001 00000000 00000001     eth0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "fd000000000000000000000000000001 00000400 00000002 00000000 00000003     eth0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 "
        "00000000000000000000000000000000 ffffffff 00000001 00000000 00200200       lo\n"
    )
    assert parse_ipv6_gateways(table) == (Gateway("eth0", "fd00::1"),)


def test_every_default_route_counts_whatever_its_metric() -> None:
    table = IPV4_HEADER + ipv4_route("10.0.0.1") + ipv4_route("10.0.0.2", metric=100)
    assert parse_ipv4_gateways(table) == (Gateway("eth0", "10.0.0.1"), Gateway("eth0", "10.0.0.2"))


def test_every_hop_of_an_ipv6_multipath_route_counts_once() -> None:
    hops = ipv6_route("fd00" + "0" * 27 + "1") + ipv6_route("fd00" + "0" * 27 + "2")
    found = parse_ipv6_gateways(hops * 2)
    assert found == (Gateway("eth0", "fd00::1"), Gateway("eth0", "fd00::2"))


def test_a_link_local_gateway_says_its_interface() -> None:
    assert parse_ipv6_gateways(ipv6_route(ONE)) == (Gateway("eth0", "fe80::1%eth0"),)


@pytest.mark.parametrize(
    "route",
    [
        ipv4_route("0.0.0.0", flags="0001"),  # on link, as a tunnel's
        ipv4_route("0.0.0.0"),  # by an IPv6 next hop
        ipv4_route("10.0.0.1", flags="0002"),  # down
        ipv4_route("10.0.0.1", flags="0203"),  # reject
        ipv4_route("10.0.0.1", to="10.1.0.0/16"),
        ipv4_route("10.0.0.1", to="0.0.0.0/1"),
    ],
)
def test_an_ipv4_route_that_leads_to_no_default_gateway_is_left_out(route: str) -> None:
    assert parse_ipv4_gateways(route) == ()


@pytest.mark.parametrize(
    "route",
    [
        ipv6_route(ANY, flags="00000001"),
        ipv6_route(ONE, flags="00000002"),
        ipv6_route(ONE, flags="00200203"),
        ipv6_route(ONE, to=ONE, length="40"),
        ipv6_route(ONE, length="01"),
    ],
)
def test_an_ipv6_route_that_leads_to_no_default_gateway_is_left_out(route: str) -> None:
    assert parse_ipv6_gateways(route) == ()


def test_a_broken_line_does_not_hide_the_others() -> None:
    assert len(parse_ipv4_gateways("eth0\t00000000\t01\n" + ipv4_route("10.0.0.1"))) == 1
    assert len(parse_ipv6_gateways("zz\n" + ipv6_route(ONE[:-1]) + ipv6_route(ONE))) == 1


WORDS = st.sampled_from([ANY, ONE, "00000000", "0101A8C0", "00", "0003", "eth0", "e%0", "-1", "\n"])


@given(st.text() | st.lists(WORDS).map(" ".join))
def test_any_text_gives_gateways_with_addresses(text: str) -> None:
    for gateway in (*parse_ipv4_gateways(text), *parse_ipv6_gateways(text)):
        assert not ipaddress.ip_address(gateway.address).is_unspecified

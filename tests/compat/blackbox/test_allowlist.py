import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.compat.blackbox.allowlist import GUARDED, AllowList, Guard, comparable
from netwatch.model import Outcome, ProbeError
from netwatch.wire.network import parse_network

EVERYTHING = ("0.0.0.0/0", "::/0")


def allowing(*texts: str) -> AllowList:
    return AllowList(tuple(parse_network(text) for text in texts))


@pytest.mark.parametrize(
    ("network", "address", "is_permitted"),
    [
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.0.0.7", "10.0.0.7", True),
        ("10.0.0.7", "10.0.0.8", False),
        ("10.0.0.0/8", "::ffff:10.1.2.3", True),
        ("::/0", "::ffff:10.1.2.3", False),
        ("2001:db8::/32", "2001:db8::1", True),
        ("2001:db8::/32", "2001:db9::1", False),
        ("127.0.0.1", "127.0.0.1", True),
        ("127.0.0.0/8", "127.0.0.9", True),
        ("126.0.0.0/7", "127.0.0.1", False),
        ("127.0.0.1", "::1", False),
        ("::1", "::1", True),
        ("169.254.169.254", "169.254.169.254", True),
        ("169.254.169.254", "169.254.1.1", False),
        ("fe80::/10", "fe80::1%eth0", True),
        ("fe80::/10", "fe80::1", True),
        ("64:ff9b::/96", "64:ff9b::a9fe:a9fe", True),
        ("0.0.0.0/8", "0.0.0.0", True),
    ],
)
def test_an_address_is_permitted_by_a_network_that_has_it(
    network: str, address: str, *, is_permitted: bool
) -> None:
    assert allowing(network).permits(address) is is_permitted


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3"),
        *("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254", "fd20:ce::254"),
        *("224.0.0.1", "239.1.2.3", "255.255.255.255", "ff02::1", "ff02::1%eth0"),
        *("::", "::1", "fe80::1", "fe80::1%eth0"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:7f00:1", "::ffff:0.0.0.0"),
        *("::7f00:1", "64:ff9b::7f00:1", "64:ff9b:1::a9fe:a9fe", "2002:7f00:1::", "2001:0::1"),
    ],
)
def test_what_is_local_is_not_meant_by_everything(address: str) -> None:
    assert not allowing(*EVERYTHING).permits(address)


@given(st.ip_addresses())
def test_everything_permits_what_is_not_guarded_and_nothing_else(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    plain = getattr(address, "ipv4_mapped", None) or address
    is_guarded = any(plain in network for network in GUARDED)
    assert allowing(*EVERYTHING).permits(str(address)) is not is_guarded


@given(st.ip_addresses())
def test_nothing_is_permitted_by_no_network(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert not allowing().permits(str(address))


@pytest.mark.parametrize("text", ["10.0.0.0/8", "10.0.0.7", "::/0", "2001:db8::/32", "fe80::/10"])
def test_networks_of_addresses_as_they_are_connected_to_can_be_compared(text: str) -> None:
    assert str(comparable(parse_network(text))).startswith(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("::ffff:10.0.0.0/104", "expected the IPv4 network in it"),
        ("fe80::1%eth0", "expected a network without an interface"),
    ],
)
def test_a_network_that_no_address_is_compared_to_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        comparable(parse_network(text))


def test_a_guard_remembers_the_first_address_that_it_refused() -> None:
    guard = Guard(allowing("10.0.0.0/8"))
    guard.check("10.0.0.7")
    assert guard.refused == ""
    for address in ("127.0.0.1", "127.0.0.2"):
        with pytest.raises(ProbeError) as caught:
            guard.check(address)
        assert caught.value.outcome is Outcome.BLOCKED
        assert address in caught.value.detail
    assert guard.refused == "127.0.0.1"

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.hostname import parse_address, parse_host, split_port


@pytest.mark.parametrize(
    "host",
    ["wiki", "wiki.example", "wiki.example.", "_dmarc.example", "3com.example", "a--b", "a_b.c"],
)
def test_a_host_name_stays_as_it_is(host: str) -> None:
    assert parse_host(host) == host


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_an_address_gets_its_shortest_form(text: str, host: str) -> None:
    assert parse_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        *("", ".", "a..b", "-a", "a-", "a b", "wiki:80", "10.0.0.256", "10.0.0.0/8", "1.2", "ü"),
        *("a\n", "x" * 64, ".".join(["x" * 63] * 4)),
    ],
)
def test_what_is_no_host_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected an IP address or a host name$"):
        parse_host(text)


def test_a_url_is_called_one() -> None:
    with pytest.raises(ValueError, match=r'^found "https://wiki/", expected .*, not a URL$'):
        parse_host("https://wiki/")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("wiki.example", "wiki.example", 0),
        ("wiki.example:443", "wiki.example", 443),
        ("10.0.0.1:80", "10.0.0.1", 80),
        ("[2001:db8::1]:80", "2001:db8::1", 80),
        ("[2001:db8::1]", "2001:db8::1", 0),
        ("2001:db8::1", "2001:db8::1", 0),
        ("https://wiki.example:443/", "https://wiki.example:443/", 0),
    ],
)
def test_a_port_is_split_off(text: str, host: str, port: int) -> None:
    assert split_port(text) == (host, port)


@pytest.mark.parametrize("text", ["wiki:", "wiki:http", "wiki:0", "wiki:65536", "wiki:٣"])
def test_a_port_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected 1 to 65535"):
        split_port(text)


@pytest.mark.parametrize("text", ["https://me:secret@wiki", "me:secret@wiki", "me@wiki:80"])
def test_user_info_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match='found "@" in a host') as caught:
        parse_host(split_port(text)[0])
    assert "secret" not in str(caught.value)


@given(st.ip_addresses(), st.integers(1, 65535))
def test_any_address_and_port_are_told_apart(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int
) -> None:
    host = str(address)
    written = f"[{host}]:{port}" if address.version == 6 else f"{host}:{port}"
    assert split_port(written) == (host, port)
    assert parse_address(host) == address


@given(st.text() | st.text("a1.-_:[]%/"))
def test_any_text_is_a_host_or_a_value_error(text: str) -> None:
    try:
        host, _ = split_port(text)
        known = parse_host(host)
    except ValueError:
        return
    assert parse_host(known) == known

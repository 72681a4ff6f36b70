import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.listen import LISTEN_PATTERN, parse_listen


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:9847", "127.0.0.1", 9847),
        ("[::1]:9847", "::1", 9847),
        ("[fe80::1%eth0]:9847", "fe80::1%eth0", 9847),
        (":9847", "", 9847),
        ("0.0.0.0:0", "0.0.0.0", 0),
    ],
)
def test_an_address_is_read_and_written_the_same(text: str, host: str, port: int) -> None:
    address = parse_listen(text)
    assert address == (host, port)
    assert str(address) == text
    assert re.fullmatch(LISTEN_PATTERN, text)


def test_an_ipv4_address_may_stand_in_brackets_like_one_of_ipv6() -> None:
    assert parse_listen("[10.0.0.1]:9847") == parse_listen("10.0.0.1:9847")
    assert re.fullmatch(LISTEN_PATTERN, "[10.0.0.1]:9847")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("localhost:9847", 'found "localhost", expected an IP address, no host name'),
        ("10.0.0.256:1", 'found "10.0.0.256", expected an IP address, no host name'),
        ("[10.0.0.256]:1", 'found "10.0.0.256", expected an IP address, no host name'),
        ("[node-1]:1", 'found "node-1", expected an IP address, no host name'),
        ("127.0.0.1:65536", "found the port 65536, expected 0 to 65535"),
        ("127.0.0.1", 'found "127.0.0.1", expected ADDRESS:PORT such as'),
        ("::1:9847", 'found "::1:9847", expected ADDRESS:PORT such as'),
        ("[]:1", 'found "[]:1", expected ADDRESS:PORT such as'),
        ("", 'found "", expected ADDRESS:PORT such as'),
        (9847, "found 9847, expected ADDRESS:PORT such as"),
        (None, "found nothing, expected ADDRESS:PORT such as"),
    ],
)
def test_what_is_no_address_is_refused(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_listen(value)


@given(st.text() | st.from_regex(LISTEN_PATTERN))
def test_any_text_is_an_address_or_a_clear_error(text: str) -> None:
    try:
        address = parse_listen(text)
    except ValueError as error:
        said = str(error)
        assert re.search("found .*, expected ", said)
    else:
        assert parse_listen(str(address)) == address

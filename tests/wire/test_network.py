import re
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.network import parse_network


@pytest.mark.parametrize(
    ("text", "network"),
    [
        ("10.0.0.0/8", "10.0.0.0/8"),
        ("10.0.0.7", "10.0.0.7/32"),
        ("fd00::/8", "fd00::/8"),
        ("::1", "::1/128"),
    ],
)
def test_a_network_is_read(text: str, network: str) -> None:
    assert str(parse_network(text)) == network


@pytest.mark.parametrize(
    ("value", "found"),
    [("10.0.0.7/8", '"10.0.0.7/8"'), ("wiki", '"wiki"'), ("", '""'), (8, "8"), (None, "nothing")],
)
def test_what_is_no_network_is_refused(value: object, found: str) -> None:
    message = f"found {found}, expected a network such as 10.0.0.0/8 or fd00::/8"
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_network(value)


@given(st.text() | st.ip_addresses().map(str) | st.from_regex(r"[0-9.:/]+", fullmatch=True))
def test_any_text_is_a_network_or_a_clear_error(text: str) -> None:
    try:
        network = parse_network(text)
    except ValueError as error:
        said = str(error)
        assert re.search("found .*, expected a network", said)
    else:
        assert ip_network(text) == network == parse_network(str(network))

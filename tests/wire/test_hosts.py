import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.hosts import parse_hosts

HOSTS = """\
127.0.0.1\tlocalhost
::1 localhost ip6-localhost   # a comment
10.0.0.7 Wiki.Example wiki
10.0.0.8 wiki
10.0.0.8 wiki
"""


def test_every_alias_of_a_line_has_its_address() -> None:
    table = parse_hosts(HOSTS)
    assert table["ip6-localhost"] == ("::1",)
    assert "comment" not in table


def test_a_name_on_several_lines_has_all_their_addresses_once() -> None:
    assert parse_hosts(HOSTS)["localhost"] == ("127.0.0.1", "::1")
    assert parse_hosts(HOSTS)["wiki"] == ("10.0.0.7", "10.0.0.8")


def test_names_are_found_in_lower_case() -> None:
    assert parse_hosts(HOSTS)["wiki.example"] == ("10.0.0.7",)


def test_a_line_without_an_address_is_skipped() -> None:
    assert parse_hosts("10.0.0 wiki\nwiki 10.0.0.1\n# 10.0.0.1 wiki\n10.0.0.1\n") == {}


LINES = st.sampled_from(["10.0.0.1", "fe80::1%lo", "::1", "wiki", "WIKI", "#", " ", "\t", "\n"])


@given(st.text() | st.lists(LINES).map("".join))
def test_any_text_gives_names_with_addresses(text: str) -> None:
    for name, addresses in parse_hosts(text).items():
        assert name == name.lower()
        assert addresses
        assert all(map(ipaddress.ip_address, addresses))

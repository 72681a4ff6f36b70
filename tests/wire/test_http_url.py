from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.http_url import HttpUrl, Origin, parse_http_url, redirected

WIKI = parse_http_url("http://wiki:8080/a/b?c=d")


@pytest.mark.parametrize(
    ("text", "origin", "target"),
    [
        ("http://wiki", Origin("http", "wiki", 80), "/"),
        ("HTTPS://Wiki.Example/x?y#z", Origin("https", "wiki.example", 443), "/x?y"),
        ("http://wiki:8080?y", Origin("http", "wiki", 8080), "/?y"),
        ("http://[::1]:8080/", Origin("http", "::1", 8080), "/"),
        ("http://[fe80::1%25lo]/", Origin("http", "fe80::1%lo", 80), "/"),
        ("http://wiki/ä b%2F?ö", Origin("http", "wiki", 80), "/%C3%A4%20b%2F?%C3%B6"),
        ("http://user:secret@wiki/", Origin("http", "wiki", 80), "/"),
    ],
)
def test_a_url_has_its_parts(text: str, origin: Origin, target: str) -> None:
    assert parse_http_url(text) == HttpUrl(origin, target)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "wiki",
            "ftp://wiki/",
            "http://",
            "http:///x",
            "http://wiki:0/",
            "http://wiki:99999/",
        ),
        *("http://a b/", "http://[::1/", "http://10.0.0.256/", "javascript:alert(1)"),
    ],
)
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"found .*, expected"):
        parse_http_url(text)


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("http://wiki/", "wiki"),
        ("http://wiki:443/", "wiki:443"),
        ("https://wiki:443/", "wiki"),
        ("http://[fe80::1%25lo]:81/", "[fe80::1]:81"),
    ],
)
def test_the_host_header_has_neither_a_default_port_nor_a_zone(url: str, authority: str) -> None:
    assert parse_http_url(url).origin.authority == authority


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/x", "http://wiki:8080/x"),
        ("x?y", "http://wiki:8080/a/x?y"),
        ("../../x", "http://wiki:8080/x"),
        ("?e=f", "http://wiki:8080/a/b?e=f"),
        ("//other/x", "http://other/x"),
        ("https://user:secret@other/ä", "https://other/%C3%A4"),
        ("https://other/\r\nX-A: b", "https://other/%0D%0AX-A:%20b"),
    ],
)
def test_a_redirect_leads_on_from_where_one_is(location: str, url: str) -> None:
    assert str(redirected(WIKI, location)) == url


def test_a_redirect_on_the_same_link_keeps_the_interface() -> None:
    here = parse_http_url("http://[fe80::1%25lo]/")
    assert redirected(here, "/x").origin.host == "fe80::1%lo"
    assert redirected(here, "https://[fe80::1]/x").origin.host == "fe80::1%lo"
    assert redirected(here, "https://[fe80::2]/x").origin.host == "fe80::2"


@pytest.mark.parametrize("location", ["ftp://wiki/", "http://[", "file:///etc/passwd"])
def test_a_redirect_to_what_is_no_url_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match="expected a URL"):
        redirected(WIKI, location)


@given(st.text() | st.from_regex(r"(https?:)?//[^/]*(/.*)?"))
def test_any_location_leads_somewhere_or_is_refused(location: str) -> None:
    with suppress(ValueError):
        url = redirected(WIKI, location)
        assert url.target.isascii()
        assert url.target.isprintable()
        assert " " not in url.target
        assert parse_http_url(str(url)).target == url.target

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.url import looks_like_url, parse_url


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://wiki.example", ("http", "wiki.example", 80)),
        ("https://wiki.example/a@b?c=d:e@f#g", ("https", "wiki.example", 443)),
        ("HTTPS://Wiki.Example:8443/", ("https", "wiki.example", 8443)),
        ("http://10.0.0.7:8080?a", ("http", "10.0.0.7", 8080)),
        ("http://[2001:DB8::7]/", ("http", "2001:db8::7", 80)),
        ("http://[2001:db8::7]:8080/", ("http", "2001:db8::7", 8080)),
        ("http://[fe80::1%25eth0]:8080/", ("http", "fe80::1%eth0", 8080)),
        ("http://wiki.example:/", ("http", "wiki.example", 80)),
    ],
)
def test_a_url_leads_to_a_host_and_a_port(text: str, url: tuple[str, str, int]) -> None:
    assert parse_url(text) == url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wiki.example", "expected a URL such as"),
        ("http:wiki.example", "expected a URL such as"),
        ("http://", "expected a URL such as"),
        ("http:///path", "expected a URL such as"),
        ("http://:80/", "expected an IP address or a host name"),
        ("http://[::1/", "expected a URL such as"),
        ("http://[wiki]/", "expected"),
        ("http://wiki.example/a b", "expected a URL such as"),
        ("http://wiki.example/a\nb", "expected a URL such as"),
        ("http://wïki.example/", "expected an IP address or a host name"),
        ("http://wiki.example/ü", "expected a URL such as"),
        ("http://a..b/", "expected an IP address or a host name"),
        ("http://10.0.0.256/", "expected an IP address or a host name"),
        ("http://wiki.example:0/", "found port 0 in"),
        ("http://wiki.example:65536/", "expected a URL such as"),
        ("http://wiki.example:http/", "expected a URL such as"),
        ("ftp://wiki.example/", "expected a URL of http or https"),
    ],
)
def test_anything_else_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "http://me:secret@wiki/",
        "ftp://secret@wiki/",
        "http://me:secret@[::1",
        "https://secret@",
        "me:secret@wiki",
        "//me:secret@wiki",
        "http://me:secret@wiki/ a",
    ],
)
def test_user_info_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^found user info in a URL, expected") as caught:
        parse_url(text)
    assert "secret@" not in str(caught.value)


@given(st.text() | st.text("htps:/[]@%.0123456789abcdef#?").map("http://".__add__))
def test_any_text_leads_somewhere_or_is_refused(text: str) -> None:
    try:
        scheme, host, port = parse_url(text)
    except ValueError as error:
        said = str(error)
    else:
        assert looks_like_url(text)
        assert (scheme in ("http", "https"), bool(host), 0 < port < 65536) == (True, True, True)
        said = "found where it leads"
    assert said.startswith("found ")

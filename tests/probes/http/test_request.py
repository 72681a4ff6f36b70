from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from netwatch import __version__
from netwatch.probes.http.probe import HttpOptions
from netwatch.probes.http.request import Requests, with_cookies
from netwatch.wire.http import Exchange, MalformedResponseError, Request, Response
from netwatch.wire.http_url import parse_http_url, redirected

URL = parse_http_url("http://wiki:8080/a?b")
ELSEWHERE = parse_http_url("http://other/c")
FOUND = Response(302, "1.1")


def requests(**values: object) -> Requests:
    return Requests(HttpOptions.model_validate(values))


def headers_of(request: Request) -> dict[str, str]:
    assert len({name.lower() for name, _ in request.headers}) == len(request.headers)
    return dict(request.headers)


def test_a_request_says_who_asks_whom() -> None:
    request = requests().first(URL)
    assert (request.method, request.target, request.body) == ("GET", "/a?b", b"")
    assert headers_of(request) == {
        "Host": "wiki:8080",
        "User-Agent": f"netwatch/{__version__}",
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_headers_of_the_options_win_whatever_their_case() -> None:
    given = {"host": "virtual", "ACCEPT": "text/html", "X-A": "1"}
    headers = headers_of(requests(headers=given, compression="gzip").first(URL))
    assert (headers["host"], headers["ACCEPT"], headers["X-A"]) == ("virtual", "text/html", "1")
    assert headers["Accept-Encoding"] == "gzip"


@given(
    st.dictionaries(st.text(max_size=8), st.text(max_size=8)),
    st.dictionaries(st.from_regex(r"[A-Za-z-]{1,8}", fullmatch=True), st.text(max_size=8)),
    st.text(max_size=8),
)
def test_what_the_configuration_allows_can_be_sent(
    anything: dict[str, str], headers: dict[str, str], method: str
) -> None:
    with suppress(ValidationError):
        made = requests(headers=headers | anything, method=method or "GET")
        assert Exchange(made.first(URL)).to_send


def test_a_body_is_said_read_or_made(tmp_path: Path) -> None:
    (tmp_path / "body").write_text("hällo")
    assert requests(body="hällo").first(URL).body == "hällo".encode()
    assert requests(body_file=str(tmp_path / "body")).first(URL).body == "hällo".encode()
    assert len(requests(body_bytes=3000).first(URL).body) == 3000


@pytest.mark.parametrize(
    ("method", "status", "after"),
    [
        ("GET", 302, ("GET", b"x")),
        ("POST", 301, ("GET", b"")),
        ("POST", 302, ("GET", b"")),
        ("PUT", 302, ("PUT", b"x")),
        ("PUT", 303, ("GET", b"")),
        ("HEAD", 303, ("HEAD", b"x")),
        ("POST", 307, ("POST", b"x")),
        ("POST", 308, ("POST", b"x")),
    ],
)
def test_a_redirect_may_turn_the_method_into_get(
    method: str, status: int, after: tuple[str, bytes]
) -> None:
    made = requests(method=method, body="x")
    request = made.next(made.first(URL), Response(status, "1.1"), URL, URL)
    assert (request.method, request.body) == after


def test_what_is_secret_does_not_follow_a_redirect_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2")
    made = requests(
        headers={"Host": "virtual", "Cookie": "a=b", "X-A": "1"},
        header_files={"X-Key": str(tmp_path / "key")},
        bearer_token="hunter2",
    )
    first = made.first(URL)
    same = headers_of(made.next(first, FOUND, URL, parse_http_url("http://wiki:8080/other")))
    assert {"Host", "Cookie", "X-Key", "Authorization", "X-A"} <= set(same)
    assert same["Host"] == "virtual"
    for url in (ELSEWHERE, parse_http_url("https://wiki/"), parse_http_url("http://wiki/")):
        headers = headers_of(made.next(first, FOUND, URL, url))
        assert headers["Host"] == url.origin.authority
        assert not {"Cookie", "X-Key", "Authorization"} & set(headers)
        assert headers["X-A"] == "1"


def test_cookies_go_back_to_the_host_that_set_them_and_to_no_other() -> None:
    made = requests()
    response = Response(302, "1.1", (("set-cookie", "a=1; Path=/; Secure"), ("set-cookie", "b=2")))
    back = made.next(made.first(URL), response, URL, parse_http_url("https://wiki/in"))
    assert headers_of(back)["Cookie"] == "a=1; b=2"
    away = made.next(made.first(URL), response, URL, ELSEWHERE)
    assert "Cookie" not in headers_of(away)


HEADER_TEXT = st.text(st.characters(codec="latin-1"), max_size=12)
COOKIE_TEXT = st.text(st.sampled_from("a=b;, \t\x01\x85\xa0\xff"), max_size=12)


@given(
    st.sampled_from([301, 302, 303, 307, 308]),
    st.sampled_from(["GET", "POST", "HEAD"]),
    HEADER_TEXT | st.sampled_from(["/a", "//b", "?c", "http://other/d", "https://wiki:1/"]),
    st.lists(HEADER_TEXT | COOKIE_TEXT, max_size=3),
)
def test_whatever_a_redirect_says_can_be_asked_for_or_is_told_as_malformed(
    status: int, method: str, location: str, cookies: list[str]
) -> None:
    values = {"location": location, **{f"set-cookie{n}": text for n, text in enumerate(cookies)}}
    wire = "".join(f"{name.rstrip('0123')}: {text}\r\n" for name, text in values.items())
    exchange = Exchange(Request("GET", "/", (("Host", "wiki"),)))
    with suppress(MalformedResponseError):
        exchange.feed(f"HTTP/1.1 {status} Moved\r\n{wire}\r\n".encode("latin-1"))
    response = exchange.response
    if response is None:
        return
    made = requests(method=method, body="x", headers={"Cookie": "a=b"})
    with suppress(ValueError):  # which is told as PROTOCOL
        there = redirected(URL, response.first("location"))
        request = made.next(made.first(URL), response, URL, there)
        assert Exchange(request).to_send


@given(st.lists(COOKIE_TEXT, max_size=4), st.booleans())
def test_of_any_cookies_each_name_is_sent_once_and_nothing_else(
    set_now: list[str],
    has_sent: bool,  # noqa: FBT001 - drawn
) -> None:
    sent = (("Cookie", "a=0"),) if has_sent else ()
    response = Response(302, "1.1", tuple(("set-cookie", text) for text in set_now))
    headers = with_cookies(sent, response)
    pairs = [pair for _, value in headers for pair in value.split("; ")]
    assert all(pair and pair == pair.strip() and ";" not in pair for pair in pairs)
    names = [pair.partition("=")[0] for pair in pairs]
    wanted = [text.partition(";")[0].strip() for text in ["a=0"] * has_sent + set_now]
    assert set(names) == {pair.partition("=")[0] for pair in wanted if pair}
    assert len(names) == len(set(names))


def test_a_cookie_set_anew_replaces_the_old_one() -> None:
    response = Response(302, "1.1", (("set-cookie", "a=2"),))
    assert with_cookies((("cookie", "a=1; b=1"),), response) == (("Cookie", "a=2; b=1"),)

from contextlib import suppress

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.http import (
    MAX_HEAD_BYTES,
    Exchange,
    MalformedResponseError,
    NoResponseError,
    Request,
    Response,
    parse_http_date,
)

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GET = Request("GET", "/a?b", (("Host", "wiki"),))


def read(request: Request, *pieces: bytes) -> tuple[Exchange, bytes]:
    exchange = Exchange(request)
    body = b""
    for piece in pieces:
        if not exchange.is_complete:
            exchange.feed(piece)
        if exchange.response:
            body += exchange.body_part()
    return exchange, body


def test_a_request_is_written_as_it_is() -> None:
    assert Exchange(GET).to_send == b"GET /a?b HTTP/1.1\r\nHost: wiki\r\n\r\n"


def test_a_body_comes_with_its_length() -> None:
    sent = Exchange(Request("POST", "/", (("Host", "wiki"),), b"hello")).to_send
    assert sent == b"POST / HTTP/1.1\r\nHost: wiki\r\nContent-Length: 5\r\n\r\nhello"


@pytest.mark.parametrize("header", [("X-A", "1\r\nX-B: 2"), ("X A", "1"), ("X\n", "1")])
def test_a_request_that_would_inject_headers_is_never_written(header: tuple[str, str]) -> None:
    with pytest.raises(h11.LocalProtocolError):
        Exchange(Request("GET", "/", (("Host", "wiki"), header)))


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 And\r\n", b"hello"),
        (
            CHUNKED + b"3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n",
            b"hello",
        ),
        (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", b"x"),
        (b"HTTP/1.1 103 Early\r\nLink: a\r\n\r\n" + CHUNKED + b"0\r\n\r\n", b""),
    ],
)
def test_a_response_ends_where_it_says_however_it_is_cut(answer: bytes, body: bytes) -> None:
    for pieces in ([answer], [bytes([byte]) for byte in answer]):
        exchange, found = read(GET, *pieces)
        assert exchange.is_complete
        assert found == body


def test_a_response_of_http_1_0_without_a_length_ends_with_the_connection() -> None:
    exchange, body = read(GET, b"HTTP/1.0 200 OK\r\n\r\nhel", b"lo")
    assert (exchange.is_complete, body) == (False, b"hello")
    exchange.feed(b"")
    assert exchange.body_part() == b""
    assert exchange.is_complete
    assert exchange.response == Response(200, "1.0")


def test_the_answer_to_head_has_no_body_whatever_its_length() -> None:
    head = Request("HEAD", "/", (("Host", "wiki"),))
    exchange, body = read(head, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
    assert (exchange.is_complete, body) == (True, b"")


def test_after_connect_what_follows_is_no_body() -> None:
    connect = Request("CONNECT", "wiki:443", (("Host", "wiki:443"),))
    exchange, body = read(connect, b"HTTP/1.1 200 Go\r\n\r\n")
    assert (exchange.is_complete, body) == (True, b"")


def test_headers_are_found_by_name_in_lower_case() -> None:
    answer = b"HTTP/1.1 200 OK\r\nX-One: a\r\nx-ONE: \xe9\r\nContent-Length: 0\r\n\r\n"
    exchange, _ = read(GET, answer)
    assert exchange.response
    assert exchange.response.all("x-one") == ["a", "\xe9"]
    assert exchange.response.first("x-one") == "a"
    assert exchange.response.first("x-two") == ""


def test_a_response_has_begun_with_its_first_byte_and_not_with_an_interim_one() -> None:
    exchange = Exchange(GET)
    exchange.feed(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert not exchange.has_begun
    exchange.feed(b"H")
    assert exchange.has_begun


@pytest.mark.parametrize(
    "pieces",
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n",),
        (b"HTTP/1.1 abc\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", b""),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", b""),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * (MAX_HEAD_BYTES + 1),),
        (b"HTTP/1.1 101 Switching\r\n\r\n",),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,),
    ],
)
def test_what_is_no_response_is_malformed(pieces: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedResponseError):
        read(GET, *pieces)


def test_an_end_without_a_byte_is_no_response() -> None:
    with pytest.raises(NoResponseError):
        Exchange(GET).feed(b"")


@given(st.lists(st.binary(min_size=1)))
def test_any_bytes_are_a_response_or_malformed(pieces: list[bytes]) -> None:
    with suppress(MalformedResponseError):
        exchange, _ = read(GET, *pieces)
        assert exchange.response or not exchange.is_complete


@given(
    st.integers(200, 599),
    st.binary(max_size=200),
    st.lists(st.integers(1, 20), max_size=5),
)
def test_what_a_server_writes_is_what_is_read(status: int, body: bytes, cuts: list[int]) -> None:
    server = h11.Connection(h11.SERVER)
    server.receive_data(Exchange(GET).to_send)
    server.next_event()
    server.next_event()
    content = b"" if status in (204, 304) else body
    headers = [("Content-Length", str(len(content)))] if status != 204 else []
    wire = server.send(h11.Response(status_code=status, headers=headers)) or b""
    wire += server.send(h11.Data(data=content)) or b"" if content else b""
    pieces = []
    for cut in cuts:
        pieces.append(wire[:cut])
        wire = wire[cut:]
    exchange, found = read(GET, *filter(None, (*pieces, wire)))
    assert exchange.response
    assert (exchange.response.status, found, exchange.is_complete) == (status, content, True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777.0),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777.0),
        ("", None),
        ("yesterday", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
    ],
)
def test_a_date_is_seconds_or_nothing(text: str, seconds: float | None) -> None:
    assert parse_http_date(text) == seconds


@given(st.text(st.characters(max_codepoint=255)) | st.from_regex(r"\w+, \d+ \w+ \d+ [\d:]+ .*"))
def test_any_text_is_a_date_or_none(text: str) -> None:
    assert isinstance(parse_http_date(text), float | None)

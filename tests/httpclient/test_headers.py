import base64
from pathlib import Path

import pytest
from pydantic import ValidationError

from netwatch import __version__
from netwatch.httpclient.headers import HeaderOptions, RequestHeaders, with_headers, without_headers
from netwatch.wire.http_url import parse_http_url

URL = parse_http_url("http://wiki:8080/a?b")


def made(**options: object) -> RequestHeaders:
    return RequestHeaders(HeaderOptions.model_validate(options))


def test_a_request_says_who_asks_whom_for_what() -> None:
    assert made().to(URL, accept="text/plain", coding="gzip") == (
        ("Host", "wiki:8080"),
        ("User-Agent", f"netwatch/{__version__}"),
        ("Accept", "text/plain"),
        ("Accept-Encoding", "gzip"),
        ("Connection", "close"),
    )


def test_headers_of_the_options_win() -> None:
    headers = dict(made(headers={"ACCEPT": "text/html"}).to(URL))
    assert headers["ACCEPT"] == "text/html"
    assert "Accept" not in headers


def test_secrets_come_from_the_options_or_from_files(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    path = str(tmp_path / "secret")
    basic = "Basic " + base64.b64encode(b"me:hunter2").decode()
    given: list[tuple[dict[str, object], str]] = [
        ({"basic_auth": {"username": "me", "password": "hunter2"}}, basic),
        ({"basic_auth": {"username": "me", "password_file": path}}, basic),
        ({"bearer_token": "hunter2"}, "Bearer hunter2"),
        ({"bearer_token_file": path}, "Bearer hunter2"),
        ({"header_files": {"Authorization": path}}, "hunter2"),
    ]
    for options, expected in given:
        assert dict(made(**options).to(URL))["Authorization"] == expected


def test_a_token_that_changes_is_sent_with_the_next_request(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    headers = made(bearer_token_file=str(path))
    assert dict(headers.to(URL))["Authorization"] == "Bearer one"
    path.write_text("second")
    assert dict(headers.to(URL))["Authorization"] == "Bearer second"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"headers": {"a b": "x"}}, "expected the name of a header"),
        ({"headers": {"Connection": "close"}}, "expected a header that netwatch does not set"),
        ({"headers": {"A": "1", "a": "2"}}, "found the header a twice"),
        ({"bearer_token": "x", "bearer_token_file": "y"}, "expected one of them"),
    ],
)
def test_what_cannot_be_sent_or_is_said_twice_is_an_error(
    options: dict[str, object], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        HeaderOptions.model_validate(options)


def test_headers_are_replaced_and_left_out_whatever_their_case() -> None:
    headers = (("A", "1"), ("b", "2"))
    assert with_headers(headers, {"a": "3"}) == (("b", "2"), ("a", "3"))
    assert without_headers(headers, ["B"]) == (("A", "1"),)

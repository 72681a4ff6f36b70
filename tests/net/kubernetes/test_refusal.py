import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.kubernetes.refusal import MAX_RETRY_AFTER_SECONDS, refusal


def test_a_status_says_why() -> None:
    body = json.dumps({"kind": "Status", "message": 'nodes is forbidden: User "x" cannot list'})
    error = refusal(403, body.encode())
    assert str(error) == (
        r'the API server refuses (403): "nodes is forbidden: User \"x\" cannot list"'
    )
    assert error.status == 403


def test_what_is_no_status_is_quoted_and_shortened() -> None:
    assert str(refusal(502, b"bad gateway\n")).endswith('refuses (502): "bad gateway"')
    assert len(str(refusal(502, b"<html>" * 1000))) < 400


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("", 0), ("99999", MAX_RETRY_AFTER_SECONDS), ("Fri, 31 Dec 1999", 0), ("-1", 0)],
)
def test_how_long_to_wait_is_in_the_header(header: str, seconds: float) -> None:
    assert refusal(429, b"", header).retry_after_seconds == seconds


@given(st.binary(), st.text())
def test_any_answer_gives_one_line(body: bytes, header: str) -> None:
    error = refusal(500, body, header)
    assert len(str(error).splitlines()) == 1
    assert error.retry_after_seconds >= 0

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.probes.http.expectations import Expectations
from netwatch.wire.http import Response

OK = Response(200, "1.1", (("server", "nginx"), ("x-up", "no"), ("x-up", "yes")))


def broken(
    values: Mapping[str, object], *, content: bytes = b"hello", is_tls: bool = False
) -> list[str]:
    expected = Expectations.model_validate(values)
    return [f"{kind}: {words}" for kind, words in expected.broken(OK, content, is_tls=is_tls)]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"valid_status": [404, 200]},
        {"valid_status": ["4xx", "2xx"]},
        {"valid_versions": ["1.0", "1.1"]},
        {"require_tls": False},
        {"body_matches": ["^hel", "lo$"], "body_not_matches": ["^lo"]},
        {"header_matches": [{"header": "X-Up", "pattern": "^yes$"}]},
        {"header_matches": [{"header": "X-Down", "pattern": "y", "allow_missing": True}]},
        {"header_not_matches": [{"header": "Server", "pattern": "apache"}]},
        {"header_not_matches": [{"header": "X-Down", "pattern": "y", "allow_missing": True}]},
    ],
)
def test_what_is_as_expected_breaks_nothing(values: dict[str, object]) -> None:
    assert broken(values) == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"valid_status": [204, "3xx"]}, "status: found status 200, expected 204, 3xx"),
        ({"valid_versions": ["1.0"]}, "version: found HTTP 1.1, expected 1.0"),
        ({"require_tls": True}, "tls: found an answer without TLS, expected one with it"),
        ({"body_matches": ["^lo"]}, "body: expected the body to match ^lo"),
        ({"body_not_matches": ["l+"]}, "body: expected the body not to match l+"),
        (
            {"header_matches": [{"header": "Server", "pattern": "apache"}]},
            "header: expected header Server to match apache",
        ),
        (
            {"header_matches": [{"header": "X-Down", "pattern": "y"}]},
            "header: found no header X-Down, expected one",
        ),
        (
            {"header_not_matches": [{"header": "X-Up", "pattern": "yes"}]},
            "header: expected header X-Up not to match yes",
        ),
        (
            {"header_not_matches": [{"header": "X-Down", "pattern": "y"}]},
            "header: found no header X-Down, expected one",
        ),
        ({"body_json": {"/a": 1}}, "json: found a body that is no JSON, expected JSON"),
    ],
)
def test_what_is_broken_is_said_in_words(values: dict[str, object], words: str) -> None:
    assert broken(values) == [words]


def test_an_answer_over_tls_may_be_what_must_not_be() -> None:
    assert broken({"require_tls": False}, is_tls=True) == [
        "tls: found an answer over TLS, expected one without it"
    ]


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"/status": "ok", "/checks/0/up": True}, []),
        ({"/status": "bad"}, ['json: found "ok" at /status of the body, expected "bad"']),
        ({"/gone": 1}, ["json: found nothing at /gone of the body, expected 1"]),
        ({"/checks/0/up": 1}, ["json: found true at /checks/0/up of the body, expected 1"]),
        ({"/checks": [{"up": True}]}, []),
    ],
)
def test_json_is_compared_where_one_points(expected: dict[str, object], words: list[str]) -> None:
    content = json.dumps({"status": "ok", "checks": [{"up": True}]}).encode()
    assert broken({"body_json": expected}, content=content) == words


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000, b"1" * 100_000])
def test_what_is_no_json_is_said_to_be_none(content: bytes) -> None:
    assert broken({"body_json": {"": 1}}, content=content) == [
        "json: found a body that is no JSON, expected JSON"
    ]


@given(st.integers(100, 599), st.text(max_size=3), st.binary(), st.booleans())
def test_any_answer_is_judged(status: int, version: str, content: bytes, is_tls: bool) -> None:  # noqa: FBT001 - Hypothesis gives by position
    kinds = Expectations(body_json={"": 1}, require_tls=True, valid_versions=["1.1"]).broken(
        Response(status, version), content, is_tls=is_tls
    )
    found = [kind for kind, _ in kinds]
    assert ("status" in found) is (status // 100 != 2)
    assert ("tls" in found) is not is_tls


def test_content_is_only_kept_where_it_is_judged() -> None:
    assert not Expectations().reads_content
    assert Expectations.model_validate({"body_json": {"": 1}}).reads_content


class Counted(bytes):
    """A body that counts how often it is decoded."""

    times = 0

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        Counted.times += 1
        return super().decode(encoding, errors)


def test_a_body_is_made_ready_once_for_all_patterns() -> None:
    patterns = {"body_matches": ["h", "e", "l"], "body_not_matches": ["x", "y"]}
    expectations = Expectations.model_validate(patterns)
    assert list(expectations.broken(Response(200, "1.1"), Counted(b"hello"), is_tls=False)) == []
    assert Counted.times == 1

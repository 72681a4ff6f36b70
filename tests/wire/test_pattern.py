import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.pattern import parse_pattern, utf8


def test_groups_are_captured_by_number_and_by_name() -> None:
    found = parse_pattern(r"^220 (?P<host>\S+)( ESMTP)?").search("220 mail.example ready")
    assert found == {"0": "220 mail.example", "1": "mail.example", "2": "", "host": "mail.example"}
    assert parse_pattern("b").search("aaa") is None


def test_a_pattern_knows_what_it_can_capture() -> None:
    assert parse_pattern("(a)(?P<name>b)").captures == {"0", "1", "2", "name"}


def test_matching_is_searching() -> None:
    assert parse_pattern("b+").matches("aabb")
    assert parse_pattern("(?i)B$").matches(b"aab")
    assert not parse_pattern("^b").matches("aabb")


def test_bytes_that_are_no_text_are_each_one_character() -> None:
    assert parse_pattern("^a..b$").matches(b"a\xff\xfeb")
    assert parse_pattern("ü").matches("ü".encode())


@given(st.text() | st.binary())
def test_text_that_is_made_ready_once_is_the_same_to_patterns(text: str | bytes) -> None:
    ready, everything = utf8(text), parse_pattern("(?s).*")
    assert utf8(ready) is ready
    assert everything.search(ready) == everything.search(text)


def test_patterns_of_one_text_are_equal() -> None:
    assert parse_pattern("a+") == parse_pattern("a+") != parse_pattern("a*")
    assert len({parse_pattern("a+"), parse_pattern("a+")}) == 1
    assert str(parse_pattern("a+")) == "a+"


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a(", "missing )"), ("(?=a)", "invalid perl operator"), (r"(a)\1", "invalid escape")],
)
def test_what_is_no_pattern_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match="expected a regular expression of RE2") as error:
        parse_pattern(text)
    assert reason in str(error.value)


def test_a_number_is_no_pattern() -> None:
    with pytest.raises(ValueError, match="found 220, expected text"):
        parse_pattern(220)


def test_a_pattern_that_stalls_others_does_not_stall_it() -> None:
    assert not parse_pattern("(a*)*b").matches("a" * 100_000)


@given(st.text() | st.binary())
def test_any_text_can_be_searched(text: str | bytes) -> None:
    found = parse_pattern("(?s)^(?P<all>.*)$").search(text)
    expected = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    assert found
    assert found["all"] == found["0"] == expected


@given(st.text())
def test_any_pattern_compiles_or_is_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_pattern(text).text == text

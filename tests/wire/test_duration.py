import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.duration import (
    DURATION_PATTERN,
    format_duration,
    format_seconds,
    parse_duration,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250us", 0.00025),
        ("500ms", 0.5),
        ("1s", 1.0),
        ("1.5s", 1.5),
        ("2m", 120.0),
        ("1m30s", 90.0),
        ("1h", 3600.0),
        ("1d", 86400.0),
        ("0s", 0.0),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("value", ["5", 5, 1.5, "-1", ".5"])
def test_a_bare_number_says_nothing_about_its_unit(value: object) -> None:
    with pytest.raises(
        ValueError, match="has no unit, expected a duration such as 500ms, 1s or 2m"
    ):
        parse_duration(value)


@pytest.mark.parametrize(
    "value",
    ["", "s", "-1s", "1 s", "1s\n", "1S", "1y", "٣s", "1e3s", None, True, [], {}, "9" * 400 + "d"],
)
def test_anything_else_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match=r"found .*, expected a duration such as 500ms, 1s or 2m"):
        parse_duration(value)


@given(st.text() | st.from_regex(DURATION_PATTERN))
def test_any_text_is_a_finite_duration_or_an_error(text: str) -> None:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        said = str(error)
        assert "expected a duration" in said
    else:
        assert 0 <= seconds < float("inf")


@given(st.integers(min_value=0, max_value=10**15))
def test_what_is_written_is_read_back_to_the_microsecond(microseconds: int) -> None:
    text = format_duration(microseconds / 1e6)
    assert re.fullmatch(DURATION_PATTERN, text)
    assert round(parse_duration(text) * 1e6) == microseconds


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (0.01, "10ms"), (1, "1s"), (90, "1m30s"), (86400.5, "1d500ms")]
)
def test_a_duration_is_written_as_in_a_file(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.000112, "0.112ms"),
        (0.9, "900.000ms"),
        (1.5, "1.5s"),
        (59.94, "59.9s"),
        (125, "2m5s"),
        (3600, "1h"),
        (90061, "1d1h1m1s"),
    ],
)
def test_people_read_seconds_in_the_largest_unit_that_fits(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.goduration import parse_go_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s", 5.0),
        ("1m30s", 90.0),
        ("1h15m30.918s", 4530.918),
        (".5s", 0.5),
        ("1.s", 1.0),
        ("100ns", 1e-7),
        ("3us", 3e-6),
        ("3\u00b5s", 3e-6),
        ("3\u03bcs", 3e-6),
        ("0", 0.0),
        ("0s", 0.0),
    ],
)
def test_it_reads_what_go_reads(text: str, seconds: float) -> None:
    assert parse_go_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "5d", "-5s", "5 s", "s", ".s", "1e3s", "\u0665s", "9" * 400 + "h"]
)
def test_what_is_no_duration_is_said_with_what_is(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"found .*, expected a duration such as 500ms, 5s or 1m30s"
    ):
        parse_go_duration(text)


@pytest.mark.parametrize("value", [5, 5.0, None, True, ["5s"]])
def test_a_number_alone_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match="expected a duration"):
        parse_go_duration(value)


@given(st.integers(0, 10**6), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_parts_add_up(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    text = f"{hours}h{minutes}m{seconds}s{milliseconds}ms"
    expected = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    assert parse_go_duration(text) == pytest.approx(expected)


@given(st.text())
def test_any_text_is_a_duration_or_refused(text: str) -> None:
    try:
        assert parse_go_duration(text) >= 0
    except ValueError as error:
        assert "expected a duration" in str(error)  # noqa: PT017 - either way is right

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.promline import escaped, parse_sample, unescaped, write_series

READ = [
    ("a 1", "a", {}, 1.0),
    ("a{} 1", "a", {}, 1.0),
    ("a\t1", "a", {}, 1.0),
    ('a{x="1"}1', "a", {"x": "1"}, 1.0),
    ('a{x="1"} 2.5e3', "a", {"x": "1"}, 2500.0),
    ('a{x="1",} .5', "a", {"x": "1"}, 0.5),
    ('a{ x = "1" , y = "2" } -5.', "a", {"x": "1", "y": "2"}, -5.0),
    ('a {x="}"} +Inf', "a", {"x": "}"}, math.inf),
    ('a{x="a\\"b=\\"\\\\\\n"} -inf', "a", {"x": 'a"b="\\\n'}, -math.inf),
    ("rule:a 1", "rule:a", {}, 1.0),
    ('a{x="1" y="2"} 1', None, {}, 0.0),
    ('a{x="1",,y="2"} 1', None, {}, 0.0),
    ("a{,} 1", None, {}, 0.0),
    ('a{x="\\t"} 1', None, {}, 0.0),
    ('a{x="1} 1', None, {}, 0.0),
    ('a{x="1",x="2"} 1', None, {}, 0.0),
    ('a{__name__="b"} 1', None, {}, 0.0),
    ('{"a.b"} 1', None, {}, 0.0),
    ("a1", None, {}, 0.0),
    ("a 1e999", None, {}, 0.0),
    ("a 0x10", None, {}, 0.0),
    ("a 1_000", None, {}, 0.0),
    ("a .", None, {}, 0.0),
    ("a one", None, {}, 0.0),
    ("a 1 2 3", None, {}, 0.0),
    ("<html>", None, {}, 0.0),
    (" a 1", None, {}, 0.0),
]


@pytest.mark.parametrize(("line", "name", "labels", "value"), READ, ids=[row[0] for row in READ])
def test_a_line_is_a_sample_or_none(
    line: str, name: str | None, labels: dict[str, str], value: float
) -> None:
    sample = parse_sample(line)
    if name is None:
        assert sample is None
    else:
        assert sample is not None
        assert (sample.name, sample.number) == (name, value)
        assert {label: sample.label(label) for label, _ in sample.labels} == labels


def test_not_a_number_is_a_value() -> None:
    sample = parse_sample("a NaN")
    assert sample is not None
    assert math.isnan(sample.number)


@pytest.mark.parametrize(
    ("line", "openmetrics", "milliseconds"),
    [
        ("a 1 1700000000123", False, 1700000000123),
        ("a 1 -5", False, -5),
        ("a 1 1700000000.123", True, 1700000000123),
        ("a 1 1700000000", True, 1700000000000),
        ('a_bucket{le="1"} 1 1.5 # {trace="x"} 0.7 1.5', True, 1500),
    ],
)
def test_a_time_is_in_milliseconds_or_as_openmetrics_has_it(
    line: str, *, openmetrics: bool, milliseconds: int
) -> None:
    sample = parse_sample(line, openmetrics=openmetrics)
    assert sample is not None
    assert sample.timestamp_milliseconds == milliseconds


@pytest.mark.parametrize(
    "line", ["a 1 1.5", "a 1 1e9", 'a 1 # {trace="x"} 0.7', "a 1 99999999999999999999"]
)
def test_what_no_text_format_has_is_no_sample(line: str) -> None:
    assert parse_sample(line) is None


@given(st.text())
def test_an_escaped_text_is_one_line_and_says_the_same(text: str) -> None:
    assert "\n" not in escaped(text)
    assert unescaped(escaped(text)) == text


@given(
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]*", fullmatch=True), st.text()),
    st.floats(allow_nan=False),
)
def test_what_is_written_is_read(labels: dict[str, str], value: float) -> None:
    written = tuple((name, escaped(text)) for name, text in labels.items())
    sample = parse_sample(f"{write_series('a', written)} {value}")
    assert sample is not None
    assert sample.labels == written
    assert {name: sample.label(name) for name in labels} == labels
    assert sample.number == value


@given(st.text(alphabet='a{}=", \\n1e.+-#\t'))
def test_any_line_is_read_or_none(line: str) -> None:
    sample = parse_sample(line)
    assert sample is None or math.isfinite(sample.number) or not math.isfinite(sample.number)


@pytest.mark.parametrize(
    "line", ['a{x="' + "\\" * 16000, "a{" + 'x="1",' * 3000, "a" + " " * 16000, "a" * 16000]
)
def test_a_line_that_is_made_to_be_slow_takes_no_time(line: str) -> None:
    before = time.process_time()
    assert parse_sample(line) is None
    assert time.process_time() - before < 0.5  # what is quadratic takes many seconds

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.logfmt import json_line, logfmt, printable

PAIR = re.compile(r'([a-z]+)=("(?:[^"\\]|\\.)*"|[^ ]*)(?: |$)')

facts = st.dictionaries(st.from_regex(r"[a-z]+", fullmatch=True), st.text(), max_size=5)


def read(line: str) -> dict[str, str]:
    """Read logfmt, as its readers do: a value in quotes is a JSON string."""
    pairs = PAIR.findall(line)
    assert "".join(match[0] for match in PAIR.finditer(line)) == line
    return {key: json.loads(text) if text.startswith('"') else text for key, text in pairs}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("nodes/kube-3:9847", "nodes/kube-3:9847"),
        ("", '""'),
        ("two words", '"two words"'),
        ('a "quote"', '"a \\"quote\\""'),
        ("a=b", '"a=b"'),
        ("two\nlines", '"two\\nlines"'),
        ("\x1b[31mred", '"\\u001b[31mred"'),
        ("höher", "höher"),
        (3, "3"),
        (0.25, "0.25"),
    ],
)
def test_a_value_has_quotes_only_where_it_needs_them(value: object, text: str) -> None:
    assert logfmt({"key": value}) == f"key={text}"


@given(facts)
def test_what_is_written_can_be_read(told: dict[str, str]) -> None:
    told = {key: value.encode(errors="replace").decode() for key, value in told.items()}
    assert read(logfmt(told)) == told
    assert json.loads(json_line(told)) == told


@given(facts)
def test_whatever_is_said_stays_in_one_line_and_can_be_encoded(told: dict[str, str]) -> None:
    for line in (logfmt(told), json_line(told), printable("".join(told.values()))):
        line.encode()
        assert len(line.splitlines()) <= 1
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)

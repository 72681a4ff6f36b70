import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.json_pointer import equal, parse_pointer, value_at

# RFC 6901 section 5.
DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/ ", 7),
        ("/m~0n", 8),
    ],
)
def test_a_pointer_leads_to_a_value(pointer: str, value: Any) -> None:
    assert value_at(DOCUMENT, parse_pointer(pointer)) == value


@pytest.mark.parametrize("pointer", ["/bar", "/foo/2", "/foo/-", "/foo/00", "/foo/x", "/a~1b/c"])
def test_a_pointer_may_lead_nowhere(pointer: str) -> None:
    with pytest.raises(LookupError):
        value_at(DOCUMENT, parse_pointer(pointer))


@pytest.mark.parametrize("text", ["foo", "#/foo", "/~", "/~2"])
def test_what_is_no_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a JSON pointer"):
        parse_pointer(text)


@given(st.text())
def test_every_key_can_be_pointed_at(key: str) -> None:
    pointer = "/" + key.replace("~", "~0").replace("/", "~1")
    assert value_at({key: 1}, parse_pointer(pointer)) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [(True, 1), (0, False), ([True], [1]), ({"a": 1}, {"a": 1, "b": 2}), (None, 0)],
)
def test_values_of_different_kinds_are_not_equal(one: Any, other: Any) -> None:
    assert not equal(one, other)
    assert not equal(other, one)


@given(JSON)
def test_a_value_is_equal_to_itself_written_and_read(value: Any) -> None:
    assert equal(value, json.loads(json.dumps(value)))
    assert equal(1, 1.0)

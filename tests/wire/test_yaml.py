import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.document import DocumentError
from netwatch.wire.yaml import parse

ENVIRON = {"HOST": "10.0.0.7", "SIZE": "56", "EVIL": "x]\nb: {c: 1"}


def reads_as_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


# PyYAML writes 1e3 and -.5 without quotes, because in YAML 1.1 they are text.
texts = st.text().filter(lambda text: not reads_as_float(text)) | st.sampled_from(
    ["on", "no", "22:22", "012", "0x1F", "2024-01-01", "~", "null", "true", "<<", "=", "${HOST}"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20
)


@given(values)
def test_what_pyyaml_writes_is_read_back_the_same(value: Any) -> None:
    found = parse(yaml.safe_dump(value, sort_keys=False)).value
    assert found == value
    assert repr(found) == repr(value)  # also tells 1 from 1.0 and True


@given(values)
def test_json_is_yaml(value: Any) -> None:
    text = json.dumps(value)
    # YAML has another word for infinity, and a pair of surrogates is no character there.
    if "Infinity" not in text and r"\ud" not in text:
        assert parse(text).value == value


TOKENS = ["a", "b", ": ", ":", "- ", "\n", "  ", "[", "]", "{", "}", ",", "'", '"', "\t", "#", "?"]
TOKENS += [
    "&x ",
    "*x",
    "!t ",
    "!!str ",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "\\",
    "\x85",
]
TOKENS += ["${HOST}", "${", "$${", "1", "~", "@", "`", "\ufeff", "\r\n", "\u2028", "\x00", "<<: "]


@given(st.text() | st.binary() | st.lists(st.sampled_from(TOKENS)).map("".join))
def test_any_text_is_a_document_or_has_errors_with_positions(text: str | bytes) -> None:
    try:
        document = parse(text, ENVIRON)
    except DocumentError as error:
        marks = [problem.mark for problem in error.problems]
    else:
        marks = [document.where(())]
    assert min(marks) >= (1, 1)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~"])
def test_an_empty_document_is_null(text: str) -> None:
    document = parse(text)
    assert document.value is None
    assert document.where(("checks",)) == document.where(()) >= (1, 1)


def test_every_key_and_value_knows_its_place() -> None:
    document = parse("checks:\n  gateway:\n    static: [a, {höst: b}]\n")
    assert document.where_key(("checks",)) == (1, 1)
    assert document.where(("checks",)) == (2, 3)
    assert document.where_key(("checks", "gateway", "static")) == (3, 5)
    assert document.where(("checks", "gateway", "static")) == (3, 13)
    assert document.where(("checks", "gateway", "static", 0)) == (3, 14)
    assert document.where_key(("checks", "gateway", "static", 1, "höst")) == (3, 18)
    assert document.where(("checks", "gateway", "static", 1, "höst")) == (3, 24)


def test_quoted_and_tagged_scalars_are_text() -> None:
    assert parse("""['1', "true", !!str 5, ! null, 5]""").value == ["1", "true", "5", "null", 5]
    assert parse("a: |\n  12\n").value == {"a": "12\n"}


def test_a_byte_order_mark_is_not_part_of_the_text() -> None:
    assert parse(b"\xef\xbb\xbfa: 1").value == {"a": 1}


def test_an_alias_stands_for_its_anchor() -> None:
    document = parse("a: &x {k: [1]}\nb: *x\nc: &x 2\nd: *x\n&key e: 3\nf: {*key : 4}\n")
    assert document.value == {
        "a": {"k": [1]},
        "b": {"k": [1]},
        "c": 2,
        "d": 2,
        "e": 3,
        "f": {"e": 4},
    }
    assert document.where(("b",)) == (2, 4)
    assert document.where(("b", "k", 0)) == document.where(("a", "k", 0)) == (1, 12)


def test_variables_are_replaced_after_parsing_and_before_typing() -> None:
    text = 'a: ${HOST}:1\nb: ${SIZE}\nc: "${SIZE}"\nd: ["${EVIL}"]\n$${HOST}: ${NONE:-true}\n'
    assert parse(text, ENVIRON).value == {
        "a": "10.0.0.7:1",
        "b": 56,
        "c": "56",
        "d": [ENVIRON["EVIL"]],
        "${HOST}": True,
    }


def test_without_an_environment_variables_are_text() -> None:
    assert parse("a: ${HOST}").value == {"a": "${HOST}"}


def test_many_levels_of_aliases_are_refused_before_they_fill_the_memory() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(DocumentError, match="aliases that repeat more than 100,000 values"):
        parse("\n".join(lines))


def test_aliases_do_not_lead_around_the_limit_of_levels() -> None:
    lines = ["a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [[[[[[[[[[*a{n - 1}]]]]]]]]]]" for n in range(1, 1000)]
    with pytest.raises(DocumentError, match="more than 64 levels, expected fewer"):
        parse("\n".join(lines))


def test_a_usual_number_of_aliases_is_fine() -> None:
    text = "a: &a {interval: 1s, timeout: 1s}\nb: [" + ", ".join(["*a"] * 1000) + "]"
    assert parse(text).value["b"][999] == {"interval": "1s", "timeout": "1s"}


def test_all_errors_are_told_at_once_and_the_rest_is_read() -> None:
    with pytest.raises(DocumentError) as caught:
        parse("a: ${NO-NE}\nb: !!binary eA==\nc: 1\nc: 2\n5: x\nd: *none\n", {})
    assert str(caught.value).splitlines() == [
        '1:4: a: found a lone "${", expected ${NAME}, ${NAME:-default} or $${',
        "2:4: b: found the tag tag:yaml.org,2002:binary, expected none",
        "4:1: c: duplicate key, expected it once; it was first at 3:1",
        "5:1: 5: found 5 as a key, expected text in quotes",
        "6:4: d: found *none, expected &none before it",
    ]
    assert caught.value.document is not None
    assert caught.value.document.value == {"a": None, "b": None, "c": 1, "5": "x", "d": None}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\tb: 1", "2:1: found a tab, expected spaces"),
        ("a: @b", "1:4: found @ at the start of a value, expected the value in quotes"),
        ("a: b: c", '1:5: found ":" in a value, expected the value in quotes, or another'),
        ("a: b\n  c: d", '2:4: found ":" in a value, expected the value in quotes, or another'),
        ("a: 1\nb\nc: 2", '2:1: found a line without ":", expected "key: value"'),
        ("a: 1\nb: 'x", "2:4: found quoted text without end, expected a closing quote"),
        (
            "a: [${HOST}]",
            '1:6: found ${ inside [ ] or { }, expected the value in quotes, as in "${',
        ),
        ("a: {b: ${HOST}}", "1:9: found ${ inside [ ] or { }, expected the value in quotes"),
        ("a: [1}", "1:6: not YAML: expected ',' or ']'"),
        ("a: 1\n- b", "2:1: not YAML: expected "),
        ("a: &x [*x]", "1:8: a[0]: found *x inside itself, expected it outside"),
        ("a: 1\n---\nb: 2\n", "2:1: found a second document, expected one in a file"),
        ("a: !env HOST", "1:4: a: found the tag !env, expected none"),
        ("a: !!str [b]", "1:4: a: found the tag tag:yaml.org,2002:str, expected none"),
        (
            "a: ${NONE}",
            "1:4: a: the variable NONE is not set, expected it in the environment, or ${",
        ),
        ("a: ${HOST", '1:4: a: found a lone "${", expected ${NAME}, ${NAME:-default} or $${'),
        ("[b]: 1", "1:1: ?: found a list as a key, expected text in quotes"),
        ("true: 1", "1:1: true: found true as a key, expected text in quotes"),
        ("~: 1", "1:1: ~: found nothing as a key, expected text in quotes"),
        ("a: b\x00", "1:5: found the character U+0000, expected printable text"),
        ("a: b\r\nc: \x1b[1m", "2:4: found the character U+001B, expected printable text"),
        ("a: \ud800", "1:4: found the character U+D800, expected printable text"),
        (b"\x7fELF", "1:1: found the character U+007F, expected printable text"),
        (b"a: 1\n\xc3\xb6: \xff", "2:4: found the byte 0xff, expected UTF-8"),
        ("a: 1".encode("utf-16"), "1:1: found the byte 0xff, expected UTF-8"),
        ("[" * 100_000, "1:66: found more than 64 levels, expected fewer"),
        ("- " * 100_000, "1:131: found more than 64 levels, expected fewer"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str | bytes, message: str) -> None:
    with pytest.raises(DocumentError) as caught:
        parse(text, ENVIRON)
    assert str(caught.value).startswith(message)
    assert len(caught.value.problems) == 1


def test_infinity_and_not_a_number_are_floats() -> None:
    infinity, nan = parse("[.inf, .nan]").value
    assert infinity == math.inf
    assert math.isnan(nan)

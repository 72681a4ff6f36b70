import pytest

from netwatch.wire.document import Document, DocumentError, Mark, Problem, described, dotted

DOCUMENT = Document(
    {"checks": {"a": [1]}},
    keys={("checks",): Mark(1, 1), ("checks", "a"): Mark(2, 3)},
    values={(): Mark(1, 1), ("checks",): Mark(2, 3), ("checks", "a"): Mark(2, 6)},
)


def test_a_missing_value_is_where_the_nearest_around_it_is() -> None:
    assert DOCUMENT.where(("checks", "a", 7, "host")) == Mark(2, 6)
    assert DOCUMENT.where(("probe",)) == Mark(1, 1)


def test_a_key_has_its_own_place() -> None:
    assert DOCUMENT.where_key(("checks", "a")) == Mark(2, 3)
    assert DOCUMENT.where_key(("checks", "a", 0)) == Mark(2, 6)


def test_a_path_is_written_as_people_do() -> None:
    assert dotted(("checks", "a", "static", 0, "host")) == "checks.a.static[0].host"
    assert dotted((0, "host")) == "[0].host"


def test_problems_are_told_by_position() -> None:
    problems = [Problem(Mark(10, 1), ("b",), "second"), Problem(Mark(9, 80), (), "first")]
    assert str(DocumentError(problems, None)) == "9:80: first\n10:1: b: second"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing"),
        ({}, "an empty mapping"),
        ({"a": 1}, "a mapping"),
        ([], "an empty list"),
        ([1], "a list"),
        (True, "true"),
        (1.5, "1.5"),
        ('a "b"\nü', '"a \\"b\\"\\nü"'),
        ("x" * 61, f'"{"x" * 60}…"'),
    ],
)
def test_what_was_found_is_described_in_a_few_words(value: object, words: str) -> None:
    assert described(value) == words

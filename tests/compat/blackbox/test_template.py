import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.compat.blackbox.template import expand, has_references

CAPTURED = {"0": "all", "1": "one", "12": "twelve", "name": "wiki"}


@pytest.mark.parametrize(
    ("template", "expanded"),
    [
        ("PONG ${1}", "PONG one"),
        ("PONG $1", "PONG one"),
        ("$12", "twelve"),
        ("${1}2", "one2"),
        ("$name.${name}", "wiki.wiki"),
        ("$1x", ""),
        ("costs 5$", "costs 5$"),
        ("costs $ 5", "costs $ 5"),
        ("$$1", "$1"),
        ("$$$1", "$one"),
        ("${1", "${1"),
        ("${}", "${}"),
        ("", ""),
    ],
)
def test_references_are_replaced_as_by_go(template: str, expanded: str) -> None:
    assert expand(template, lambda name: CAPTURED.get(name, "")) == expanded


def test_a_text_without_references_is_known_for_that() -> None:
    assert has_references("a $1")
    assert not has_references("a $ 1")


@given(st.text(alphabet="ab1 "))
def test_what_has_no_dollar_sign_stays(text: str) -> None:
    assert expand(text, lambda _: "never") == text

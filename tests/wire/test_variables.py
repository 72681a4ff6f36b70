import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.variables import expand

ENVIRON = {"HOST": "10.0.0.7", "EMPTY": "", "TRICK": "${HOST}"}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("${HOST}:9847", "10.0.0.7:9847"),
        ("${HOST}${HOST}", "10.0.0.710.0.0.7"),
        ("${HOST:-x}", "10.0.0.7"),
        ("${NONE:-x y}", "x y"),
        ("${NONE:-}", ""),
        ("${EMPTY:-}", ""),
        ("${EMPTY:-x}", "x"),
        ("$${HOST}", "${HOST}"),
        ("$$${HOST}", "$${HOST}"),
        ("${TRICK}", "${HOST}"),
        ("$HOST 5$ $", "$HOST 5$ $"),
    ],
)
def test_variables_are_replaced_once(text: str, expanded: str) -> None:
    assert expand(text, ENVIRON) == expanded


def test_an_unset_variable_without_default_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"variable NONE is not set, .* or \$\{NONE:-default\}"):
        expand("${HOST} ${NONE}", ENVIRON)


def test_an_empty_variable_without_default_is_an_error() -> None:
    with pytest.raises(ValueError, match="variable EMPTY is empty, expected it in the environment"):
        expand("${EMPTY}:9847", ENVIRON)


@pytest.mark.parametrize("text", ["${", "${}", "${HOST", "${1A}", "${HOST-x}", "${HOST:x}", "${ö}"])
def test_another_use_of_the_brace_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r'found a lone "\$\{", expected'):
        expand(text, ENVIRON)


@given(st.text())
def test_a_text_without_the_sign_stays_as_it_is(text: str) -> None:
    plain = text.replace("${", "")
    if "${" not in plain:
        assert expand(plain, {}) == plain

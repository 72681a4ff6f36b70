import math

import pytest

from netwatch.wire.scalar import plain_value

SURPRISES = (
    "on off yes no y 22:22 012 0o17 2024-01-01 1_000 << = True! nan inf 0x 1e e5 . - + 1.2.3"
)


@pytest.mark.parametrize("text", [*SURPRISES.split(), "10.0.0.1", "٣", "9" * 5000])
def test_what_yaml_1_1_would_surprise_with_stays_text(text: str) -> None:
    assert plain_value(text) == text


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_nothing_is_null(text: str) -> None:
    assert plain_value(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1.", 1.0),
        ("-.5", -0.5),
        ("1e3", 1000.0),
        ("1E-3", 0.001),
        ("-.inf", -math.inf),
        (".INF", math.inf),
    ],
)
def test_the_core_schema_of_yaml_1_2_is_typed(text: str, value: object) -> None:
    found = plain_value(text)
    assert found == value
    assert type(found) is type(value)


def test_not_a_number_is_a_float() -> None:
    found = plain_value(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)

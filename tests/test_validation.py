from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from netwatch.options import Options, PositiveDuration
from netwatch.validation import explain
from netwatch.wire.yaml import parse


class Item(Options):
    host: str
    port: Annotated[int, Field(ge=1, lt=65536)] | None = None


class Everything(Options):
    switch: bool = False
    number: float = Field(default=0.5, gt=0, le=1, allow_inf_nan=False)
    even: int = Field(default=2, multiple_of=2)
    wait: Annotated[PositiveDuration, Field(lt=60)] = 1.0
    mode: Literal["auto", "off"] = "off"
    either: bool | Literal["fallback"] = "fallback"
    name: str = Field(default="x", min_length=1, max_length=3)
    code: str = Field(default="a", pattern="^[a-z]+$")
    items: list[Item] = Field(default_factory=list, min_length=1, max_length=2)
    named: dict[str, Item] = Field(default_factory=dict)
    pair: tuple[str, str] = ("a", "b")


def explained(text: str) -> list[str]:
    document = parse(text)
    with pytest.raises(ValidationError) as caught:
        Everything.model_validate(document.value)
    return [str(p) for p in explain(caught.value, document, Everything.model_json_schema())]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("switch: 1", "1:9: switch: found 1, expected true or false"),
        ("switch: on", '1:9: switch: found "on", expected true or false'),
        ("number: x", '1:9: number: found "x", expected a number'),
        ("number: 0", "1:9: number: found 0, expected more than 0"),
        ("number: 2", "1:9: number: found 2, expected at most 1"),
        ("number: .nan", "1:9: number: found NaN, expected a finite number"),
        ("even: 3", "1:7: even: found 3, expected a multiple of 2"),
        ("even: 2.5", "1:7: even: found 2.5, expected a whole number"),
        ("wait: 1m", '1:7: wait: found "1m", expected less than 1m'),
        ("wait: 0s", '1:7: wait: found "0s", expected more than 0s'),
        ("wait: 5", "1:7: wait: 5 has no unit, expected a duration such as 500ms, 1s or 2m"),
        ("mode: on", '1:7: mode: found "on", expected auto or off'),
        ("either: x", '1:9: either: found "x", expected true or false or fallback'),
        ("name: ''", '1:7: name: found "", expected 1 or more characters'),
        ("name: long", '1:7: name: found "long", expected 3 or fewer characters'),
        ("name: 5", "1:7: name: found 5, expected text in quotes"),
        ("name:", "1:6: name: found nothing, expected text"),
        ("code: A", '1:7: code: found "A", expected text like ^[a-z]+$'),
        ("items: x", '1:8: items: found "x", expected a list'),
        ("items: []", "1:8: items: found an empty list, expected 1 or more entries"),
        ("items: [{host: a, port: 0}]", "1:25: items[0].port: found 0, expected at least 1"),
        ("items: [{host: a, port: x}]", '1:25: items[0].port: found "x", expected a whole number'),
        ("items: [x]", '1:9: items[0]: found "x", expected a mapping'),
        ("items: [{}]", "1:9: items[0].host: missing, expected text"),
        (
            "items: [{host: a, pork: 1}]",
            '1:19: items[0].pork: unknown key, did you mean "port"? expected one of host, port',
        ),
        (
            "named: {a: {zzz: 1, host: b}}",
            "1:13: named.a.zzz: unknown key, expected one of host, port",
        ),
        ("named: [x]", "1:8: named: found a list, expected a mapping"),
        # A kind of error that has no words of its own yet is told in pydantic's.
        ("pair: [a, b]", "1:7: pair: found a list, expected a valid tuple"),
        ("5", "1:1: found 5, expected a mapping"),
    ],
)
def test_every_kind_of_error_is_told_in_plain_words(text: str, message: str) -> None:
    assert explained(text) == [message]


def test_all_errors_are_told_at_once() -> None:
    assert explained("switch: 1\nmode: x\nitems: [{port: 0}, 5]\n") == [
        "1:9: switch: found 1, expected true or false",
        '2:7: mode: found "x", expected auto or off',
        "3:9: items[0].host: missing, expected text",
        "3:16: items[0].port: found 0, expected at least 1",
        "3:20: items[1]: found 5, expected a mapping",
    ]


def test_a_default_that_is_spelt_out_is_no_error() -> None:
    values: dict[str, Any] = {"wait": "1s", "pair": ("a", "b")}
    assert Everything.model_validate(values) == Everything()

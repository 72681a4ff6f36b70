from typing import Annotated, Any

import pytest
from pydantic import BaseModel, RootModel, TypeAdapter, ValidationError

from netwatch.options import (
    RESERVED_LABELS,
    Choice,
    Labels,
    Options,
    PositiveDuration,
    RegularExpression,
    SourceAddress,
    one_of,
)


class PingLike(Options):
    interval: PositiveDuration = 1.0
    """Time between two."""


class FileLike(Options):
    path: str


class ListLike(RootModel[list[str]]):
    pass


REGISTRY: dict[str, type[BaseModel]] = {"ping": PingLike, "file": FileLike, "list": ListLike}
CHOICES: TypeAdapter[Choice[Any]] = TypeAdapter(Annotated[Choice[Any], one_of("Thing", REGISTRY)])
LABELS: TypeAdapter[dict[str, str]] = TypeAdapter(Labels)


def errors(caught: pytest.ExceptionInfo[ValidationError]) -> list[tuple[Any, str]]:
    return [(detail["loc"], detail["msg"]) for detail in caught.value.errors()]


@pytest.mark.parametrize(
    ("value", "choice"),
    [
        ({"ping": {"interval": "2m"}}, Choice("ping", PingLike.model_validate({"interval": "2m"}))),
        ({"ping": {}}, Choice("ping", PingLike())),
        ({"ping": None}, Choice("ping", PingLike())),
        ({"file": {"path": "/x"}}, Choice("file", FileLike(path="/x"))),
        ({"list": ["a"]}, Choice("list", ListLike(["a"]))),
    ],
)
def test_a_choice_is_one_entry_of_the_registry(value: object, choice: Choice[Any]) -> None:
    assert CHOICES.validate_python(value) == choice


@pytest.mark.parametrize(
    ("value", "loc", "message"),
    [
        ({}, (), "found an empty mapping, expected exactly one of file, list, ping"),
        ({"ping": {}, "list": []}, (), "found list and ping, expected exactly one of"),
        ({"pong": {}}, ("pong",), "Extra inputs are not permitted"),
        ({"ping": {"size": 1}}, ("ping", "size"), "Extra inputs are not permitted"),
        ({"file": None}, ("file", "path"), "Field required"),
        ({"list": None}, ("list",), "Input should be a valid list"),
        ("ping", (), "Input should be a valid dictionary"),
    ],
)
def test_a_choice_of_nothing_two_or_something_else_is_refused(
    value: object, loc: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        CHOICES.validate_python(value)
    [(where, said)] = errors(caught)
    assert where == loc
    assert message in said


def test_the_schema_of_a_choice_asks_for_one_key_and_lets_options_be_null() -> None:
    schema = CHOICES.json_schema()
    assert (schema["minProperties"], schema["maxProperties"]) == (1, 1)
    assert schema["additionalProperties"] is False
    assert schema["properties"] == {
        "ping": {"anyOf": [{"$ref": "#/$defs/PingLike"}, {"type": "null"}]},
        "file": {"anyOf": [{"$ref": "#/$defs/FileLike"}, {"type": "null"}]},
        "list": {"$ref": "#/$defs/ListLike"},
    }


def test_the_docstring_of_a_field_is_its_description() -> None:
    schema = PingLike.model_json_schema()
    assert schema["properties"]["interval"]["description"] == "Time between two."
    assert schema["properties"]["interval"]["type"] == "string"


@pytest.mark.parametrize("value", [{"interval": 1}, {"interval": "0s"}, {"size": 1}])
def test_options_are_strict(value: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PingLike.model_validate(value)


def test_options_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        PingLike().interval = 2.0  # type: ignore[misc]  # that is what is tested


@pytest.mark.parametrize("name", ["team", "_x", "A9"])
def test_a_label_name_is_one_of_prometheus(name: str) -> None:
    assert LABELS.validate_python({name: "x"}) == {name: "x"}


@pytest.mark.parametrize("name", [*sorted(RESERVED_LABELS), "__address__"])
def test_a_label_that_our_series_have_is_reserved(name: str) -> None:
    with pytest.raises(ValidationError, match=f'"{name}" is a reserved label name'):
        LABELS.validate_python({name: "x"})


@pytest.mark.parametrize("name", ["", "a-b", "9a", "ä", "a\n"])
def test_what_prometheus_takes_for_no_label_name_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="expected a label name: letters, digits"):
        LABELS.validate_python({name: "x"})


class Matching(Options):
    pattern: RegularExpression
    source_address: SourceAddress = ""


def test_a_regular_expression_is_compiled_and_text_in_the_schema() -> None:
    assert Matching.model_validate({"pattern": "a+"}).pattern.matches("caa")
    schema = Matching.model_json_schema()["properties"]["pattern"]
    assert (schema["type"], schema["format"]) == ("string", "regex")
    with pytest.raises(ValidationError, match="expected a regular expression"):
        Matching.model_validate({"pattern": "a("})


@pytest.mark.parametrize("address", ["", "10.0.0.7", "fe80::1%eth0"])
def test_a_source_address_is_an_ip_address_or_the_kernels_choice(address: str) -> None:
    options = Matching.model_validate({"pattern": "", "source_address": address})
    assert options.source_address == address
    with pytest.raises(ValidationError, match="expected an IP address"):
        Matching.model_validate({"pattern": "", "source_address": "eth0"})

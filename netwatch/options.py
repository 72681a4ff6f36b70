"""What the options of checks, probes and sources are made of: strict, frozen pydantic models.

Validators raise ValueError with what was found and what is expected; `netwatch.validation` adds
the place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PlainValidator,
    RootModel,
    WithJsonSchema,
    create_model,
)
from pydantic.config import JsonDict
from pydantic_core.core_schema import no_info_after_validator_function

from netwatch.wire.document import described
from netwatch.wire.duration import DURATION_PATTERN, parse_duration
from netwatch.wire.hostname import parse_address
from netwatch.wire.listen import LISTEN_PATTERN, ListenAddress, parse_listen
from netwatch.wire.network import IPNetwork, parse_network
from netwatch.wire.pattern import Pattern, parse_pattern

RESERVED_LABELS = frozenset(
    {
        # Prometheus and the exposition format use these.
        "le",
        "quantile",
        "job",
        "instance",
        # These are on our own series.
        "check",
        "probe",
        "target",
        "address",
        "zone",
        "reason",
        "state",
        "source",
        "phase",
        "target_node",
    }
)
LABEL_NAME_PATTERN = r"^[a-zA-Z_][a-zA-Z0-9_]*$"

SECRET: JsonDict = {"writeOnly": True}
"""For the schema of what may be a secret: neither errors nor a shown configuration repeat it."""

OptionsT = TypeVar("OptionsT")


class Options(BaseModel):
    """The strict start of every part of the configuration: unknown keys are errors."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True
    )


def _label_name(name: object) -> object:
    if isinstance(name, str):
        if name in RESERVED_LABELS or name.startswith("__"):
            raise ValueError(f'"{name}" is a reserved label name, expected another one')
        if not re.fullmatch(LABEL_NAME_PATTERN, name):
            expected = "letters, digits and underscores, no digit first"
            raise ValueError(f"found {described(name)}, expected a label name: {expected}")
    return name


def _address(text: str) -> str:
    if text and parse_address(text) is None:
        raise ValueError("expected an IP address")
    return text


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["500ms", "1s"]}),
]
"""Seconds, written as `500ms`, `1s`, `2m` or `1m30s`."""

PositiveDuration = Annotated[Duration, Field(gt=0)]

RegularExpression = Annotated[
    Pattern,
    PlainValidator(parse_pattern),
    WithJsonSchema({"type": "string", "format": "regex"}),
]
"""For what strangers send: compiled, and in the syntax of RE2."""

SourceAddress = Annotated[str, AfterValidator(_address)]
"""An IP address of this host; empty for whichever the kernel chooses."""

LabelName = Annotated[
    str,
    BeforeValidator(_label_name),
    WithJsonSchema({"type": "string", "pattern": LABEL_NAME_PATTERN}),
]

Labels = dict[LabelName, str]
"""Labels that a check or a target adds to its series."""


Listen = Annotated[
    ListenAddress,
    PlainValidator(parse_listen),
    WithJsonSchema({"type": "string", "pattern": LISTEN_PATTERN}),
]

Network = Annotated[
    IPNetwork,
    PlainValidator(parse_network),
    WithJsonSchema({"type": "string", "examples": ["10.0.0.0/8"]}),
]


@dataclass(frozen=True, slots=True)
class Choice(Generic[OptionsT]):
    """One entry of a registry, with its options: `{icmp: {interval: 1s}}`."""

    name: str
    options: OptionsT


def one_of(noun: str, registry: Mapping[str, type]) -> GetPydanticSchema:
    """Annotate a `Choice` with what there is to choose from: a mapping with exactly one key.

    Null for options (`{icmp: }`) means all the defaults.
    """
    fields: dict[str, Any] = {name: _optional(options) for name, options in registry.items()}
    limits: JsonDict = {"minProperties": 1, "maxProperties": 1}
    config = ConfigDict(**Options.model_config, json_schema_extra=limits)
    model = create_model(noun, __config__=config, **fields)

    def chosen(choice: BaseModel) -> Choice[Any]:
        names = sorted(choice.model_fields_set)
        if len(names) != 1:
            found = " and ".join(names) or "an empty mapping"
            raise ValueError(
                f"found {found}, expected exactly one of {', '.join(sorted(registry))}"
            )
        return Choice(names[0], getattr(choice, names[0]))

    return GetPydanticSchema(
        lambda _type, handler: no_info_after_validator_function(chosen, handler(model))
    )


def _without_default(schema: JsonDict) -> None:
    del schema["default"]


def _optional(options: type) -> tuple[Any, Any]:
    """Describe a field that may be left out; null is all defaults where the options have keys."""
    absent = Field(default=None, json_schema_extra=_without_default)
    if issubclass(options, RootModel):
        return (options, absent)
    defaults = BeforeValidator(lambda value: {} if value is None else value)
    return (Annotated[options | None, defaults], absent)

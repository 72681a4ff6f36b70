"""What the options of checks, probes and sources are made of: strict, frozen pydantic models."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from netwatch.wire.duration import DURATION_PATTERN, parse_duration

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
    }
)
LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Options(BaseModel):
    """The strict start of every part of the configuration: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _label_name(name: object) -> object:
    if isinstance(name, str):
        if name in RESERVED_LABELS or name.startswith("__"):
            raise ValueError("is a reserved label name, expected another one")
        if not LABEL_NAME.fullmatch(name):
            raise ValueError("is not a label name, expected letters, digits and underscores")
    return name


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": DURATION_PATTERN, "examples": ["500ms", "1s"]}),
]
"""Seconds, written as `500ms`, `1s`, `2m` or `1m30s`."""

PositiveDuration = Annotated[Duration, Field(gt=0)]

LabelName = Annotated[str, BeforeValidator(_label_name)]

Labels = dict[LabelName, str]
"""Labels that a check or a target adds to its series."""

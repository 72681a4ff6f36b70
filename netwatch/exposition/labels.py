"""Label sets, as both text formats write them: `{check="nodes",zone=""}`."""

import re
from collections.abc import Mapping

LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")
"""What a label may be called in the Prometheus data model; `__` is Prometheus' own."""


def label_set(labels: Mapping[str, str]) -> str:
    """Write a label set, empty values too; no labels are the empty string.

    Raises ValueError for what is no label name.
    """
    for name in labels:
        if not LABEL_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a label name, expected {LABEL_NAME.pattern}")
    inner = ",".join(f'{name}="{_escape(value)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


def with_label(labels: str, name: str, value: str) -> str:
    """Add one label at the end of a written label set."""
    return f'{opened(labels)}{name}="{_escape(value)}"}}'


def opened(labels: str) -> str:
    """Return a written label set without its end, ready for one more label and a `}`."""
    return f"{labels[:-1]}," if labels else "{"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")

r"""One sample of the Prometheus text format: its line to values, and values to a line.

Sources: prometheus.io/docs/instrumenting/exposition_formats (0.0.4), and OpenMetrics 1.0.0. What
Prometheus itself would refuse is no sample here, so that a line which was read may be shown again:
a label twice, one that begins with `__`, a value beyond a float, escapes but `\\`, `\"` and `\n`.
"""

import math
import re
from typing import NamedTuple

MAX_LINE_BYTES = 16384
"""A longer line is none that anybody writes, and would take long to look at."""

Labels = tuple[tuple[str, str], ...]
"""Names and values as they were written, escapes included."""

# Possessive, so that no line takes more time than its length.
_PAIR = r'[a-zA-Z_][a-zA-Z0-9_]*+[ \t]*+=[ \t]*+"(?:[^"\\\n]|\\[\\"n])*+"[ \t]*+'
_LABEL_SET = rf"\{{[ \t]*+((?:{_PAIR}(?:,[ \t]*+(?=[a-zA-Z_}}])|(?=\}})))*+)\}}[ \t]*+"
_DIGITS = r"(?:[0-9]++(?:\.[0-9]*+)?+|\.[0-9]++)(?:[eE][-+]?+[0-9]++)?+"
_VALUE = rf"[-+]?+(?:{_DIGITS}|[iI]nf(?:inity)?+|INF)|[nN]a[nN]|NAN"
_SAMPLE = re.compile(
    rf"([a-zA-Z_:][a-zA-Z0-9_:]*+)[ \t]*+(?:{_LABEL_SET}|(?<=[ \t]))({_VALUE})"
    r"(?:[ \t]++(-?+[0-9]++(?:\.[0-9]++)?+))?+[ \t]*+(#.*+)?+"
)
# Inside of a value each quote follows a backslash, so that `="` is always the end of a name.
_LABELS = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*+)[ \t]*+=[ \t]*+"((?:[^"\\]|\\.)*+)"')
_ESCAPED = re.compile(r"\\(.)")
_MAX_MILLISECONDS = 2**53


class TextSample(NamedTuple):
    """A sample. `value` is as it was written; the time is its own, None where it has none."""

    name: str
    labels: Labels
    value: str
    timestamp_milliseconds: int | None = None

    @property
    def number(self) -> float:
        """The value."""
        return float(self.value)

    def label(self, name: str) -> str:
        """Return the value of a label without its escapes; "" for none."""
        return next((unescaped(value) for known, value in self.labels if known == name), "")


def parse_sample(line: str, *, openmetrics: bool = False) -> TextSample | None:
    """Return what a line says, without line break; None where it is no sample.

    In OpenMetrics, times are seconds and exemplars are passed over.
    """
    match = _SAMPLE.fullmatch(line)
    if match is None:
        return None
    name, written, value, time, exemplar = match.groups()
    labels = tuple(_LABELS.findall(written)) if written else ()
    if (exemplar and not openmetrics) or not (_are_names(labels) and _is_float(value)):
        return None
    if time is None:
        return TextSample(name, labels, value)
    milliseconds = _milliseconds(time, openmetrics=openmetrics)
    return None if milliseconds is None else TextSample(name, labels, value, milliseconds)


def write_series(name: str, labels: Labels) -> str:
    """Return what a line begins with; the label values are escaped already."""
    inner = ",".join([f'{label}="{text}"' for label, text in labels])
    return f"{name}{{{inner}}}" if inner else name


def unescaped(text: str) -> str:
    r"""Return what a label value or a help text says: its `\\`, `\"` and `\n` undone."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda match: "\n" if match[1] == "n" else match[1], text)


def escaped(text: str) -> str:
    r"""Write a label value: with `\\`, `\"` and `\n`."""
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _are_names(labels: Labels) -> bool:
    names = {name for name, _ in labels}
    return len(names) == len(labels) and not any(name.startswith("__") for name in names)


def _is_float(value: str) -> bool:
    return math.isfinite(float(value)) or value.lstrip("+-")[0] in "iInN"


def _milliseconds(time: str, *, openmetrics: bool) -> int | None:
    if not openmetrics and "." in time:
        return None
    milliseconds = float(time) * (1000 if openmetrics else 1)
    return round(milliseconds) if abs(milliseconds) < _MAX_MILLISECONDS else None

"""Durations as people write them: `500ms`, `1s`, `2m`, `1m30s`; the units of Go and Prometheus."""

import math
import re

from netwatch.wire.document import described

UNITS_MICROSECONDS = {
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "m": 60_000_000,
    "s": 1_000_000,
    "ms": 1_000,
    "us": 1,
}
DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(us|ms|s|m|h|d))+$"

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(us|ms|s|m|h|d)")
_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+")


def parse_duration(text: object) -> float:
    """Return the seconds that `text` means.

    Raises ValueError for anything else, also for a bare number: `5` says nothing about its unit.
    """
    if isinstance(text, str) and re.fullmatch(DURATION_PATTERN, text):
        parts = _PART.findall(text)
        seconds = sum(float(number) * UNITS_MICROSECONDS[unit] for number, unit in parts) / 1e6
        if math.isfinite(seconds):
            return seconds
    expected = "expected a duration such as 500ms, 1s or 2m"
    if _NUMBER.fullmatch(str(text)):
        raise ValueError(f"{described(text)} has no unit, {expected}")
    raise ValueError(f"found {described(text)}, {expected}")


def format_duration(seconds: float) -> str:
    """Write seconds exactly, to the microsecond, as configuration files do: `10ms`, `1m30s`."""
    rest = round(seconds * 1_000_000)
    parts = []
    for unit, microseconds in UNITS_MICROSECONDS.items():
        number, rest = divmod(rest, microseconds)
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def format_seconds(seconds: float) -> str:
    """Write seconds for people, in the largest unit that fits: `0.112ms`, `1.5s`, `2m5s`."""
    if seconds < 1:
        return f"{seconds * 1000:.3f}ms"
    if seconds < 60:  # noqa: PLR2004
        return f"{seconds:.3g}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((days, "d"), (hours, "h"), (minutes, "m"), (rest, "s"))
    return "".join(f"{number}{unit}" for number, unit in parts if number)

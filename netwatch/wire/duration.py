"""Durations as people write them: `500ms`, `1s`, `2m`, `1m30s`; the units of Go and Prometheus."""

import re

UNITS_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
DURATION_PATTERN = r"^([0-9]+(\.[0-9]+)?(us|ms|s|m|h|d))+$"

_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(us|ms|s|m|h|d)")


def parse_duration(text: object) -> float:
    """Return the seconds that `text` means.

    Raises ValueError for anything else, also for a bare number: `5` says nothing about its unit.
    """
    if not isinstance(text, str) or not re.fullmatch(DURATION_PATTERN, text):
        raise ValueError("expected a duration such as 500ms, 1s or 2m")
    return sum(float(number) * UNITS_SECONDS[unit] for number, unit in _PART.findall(text))


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

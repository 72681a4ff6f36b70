"""Durations as Go programs read them (time.ParseDuration): `5s`, `1m30s`, `.5s`, `1h15m30.918s`."""

import math
import re

from netwatch.wire.document import described

_UNITS_SECONDS = {
    "ns": 1e-9,
    "us": 1e-6,
    "\u00b5s": 1e-6,  # the micro sign
    "\u03bcs": 1e-6,  # the Greek letter
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_PART = re.compile(rf"([0-9]+\.?[0-9]*|\.[0-9]+)({'|'.join(_UNITS_SECONDS)})")
GO_DURATION_PATTERN = rf"^(0|({_PART.pattern})+)$"

MAX_SECONDS = (2**63 - 1) / 1e9  # Go counts nanoseconds in 63 bits


def parse_go_duration(text: object) -> float:
    """Return the seconds that `text` means; ValueError for anything else, also for less than 0."""
    if isinstance(text, str) and re.fullmatch(GO_DURATION_PATTERN, text, re.ASCII):
        seconds = math.fsum(float(n) * _UNITS_SECONDS[unit] for n, unit in _PART.findall(text))
        if seconds <= MAX_SECONDS:
            return seconds
    raise ValueError(f"found {described(text)}, expected a duration such as 500ms, 5s or 1m30s")

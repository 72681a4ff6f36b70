"""How a line of the log looks: for people, as logfmt, or as JSON.

What a message is about stands beside it as facts: `LOG.error("…", extra={"facts": {…}})`.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from netwatch.wire.logfmt import json_line, logfmt, printable


class TextFormatter(logging.Formatter):
    """`2026-01-02T03:04:05.678Z INFO what happened`; facts are left out, tracebacks follow."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line without a traceback."""
        return printable(f"{_time(record)} {record.levelname} {record.message}")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Return the traceback; what it quotes may be a stranger's."""
        return "\n".join(map(printable, super().formatException(ei).splitlines()))


class FactsFormatter(logging.Formatter):
    """Everything as facts, in one line: `time`, `level`, `logger`, `msg`, and those of the record.

    A traceback is the fact `error`.
    """

    def __init__(self, line: Callable[[Mapping[str, object]], str]) -> None:
        super().__init__()
        self._line = line

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "msg": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            facts["error"] = self.formatException(record.exc_info)
        return self._line(facts)


FORMATS: Mapping[str, Callable[[], logging.Formatter]] = {
    "text": TextFormatter,
    "logfmt": lambda: FactsFormatter(logfmt),
    "json": lambda: FactsFormatter(json_line),
}


def _time(record: logging.LogRecord) -> str:
    """Return when it was, in UTC, whatever the zone of the host."""
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    return f"{seconds}.{int(record.msecs):03d}Z"

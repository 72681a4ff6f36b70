"""The same message again and again: told a few times a minute, and then how often it came."""

import logging
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

MOST = 5
WINDOW_SECONDS = 60.0
MOST_REMEMBERED = 1000


@dataclass(slots=True)
class _Window:
    """What came since a message was new."""

    ends: float
    latest: logging.LogRecord
    admitted: int = 0
    suppressed: int = 0


class Repeats:
    """Lets the same message from the same place through so often in a window.

    Messages of ours are the same when all of their words are. Those of libraries are when they
    come from the same line of code: they may quote strangers, who could make each one new.
    """

    def __init__(self, most: int = MOST, window_seconds: float = WINDOW_SECONDS) -> None:
        self._most = most
        self._window_seconds = window_seconds
        self._windows: dict[Hashable, _Window] = {}

    def __len__(self) -> int:
        """How many messages are remembered."""
        return len(self._windows)

    def admits(self, record: logging.LogRecord, now: float) -> bool:
        """Tell whether to write it; `now` is monotonic seconds, and `ended` was asked at it."""
        window = self._windows.setdefault(
            _sameness(record), _Window(now + self._window_seconds, record)
        )
        window.latest = record
        is_admitted = window.admitted < self._most
        window.admitted += is_admitted
        window.suppressed += not is_admitted
        return is_admitted

    def ended(self, now: float) -> Iterator[logging.LogRecord]:
        """Forget what is over; yield a record for each message of which some were suppressed."""
        while self._windows:
            oldest = next(iter(self._windows))
            window = self._windows[oldest]
            if window.ends > now and len(self._windows) <= MOST_REMEMBERED:
                return
            del self._windows[oldest]
            if window.suppressed:
                yield _summary(window)


def _sameness(record: logging.LogRecord) -> Hashable:
    place = (record.name, record.levelno, record.pathname, record.lineno)
    is_ours = record.name.partition(".")[0] == "netwatch"
    return (*place, record.getMessage()) if is_ours else place


def _summary(window: _Window) -> logging.LogRecord:
    latest = window.latest
    record = logging.LogRecord(
        name=latest.name,
        level=latest.levelno,
        pathname=latest.pathname,
        lineno=latest.lineno,
        msg="suppressed %d more like this: %s",
        args=(window.suppressed, latest.getMessage()),
        exc_info=None,
    )
    record.facts = {**getattr(latest, "facts", {}), "suppressed": window.suppressed}
    return record

"""What makes lines of records: repeats and lost lines are counted, and said when that is over."""

import asyncio
import logging
import math
import time
from typing import NoReturn

from netwatch.logs.output import Output
from netwatch.logs.repeats import Repeats
from netwatch.schedule import until_beat

_LOOK_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.05  # while something waits: a pipe takes 64 KiB at a time
_LAST_SECONDS = 0.3  # at the end of the program; SIGTERM promises to end it within one


class LogHandler(logging.Handler):
    """Formats records and writes them, or at least how many there were of them."""

    def __init__(self, output: Output, repeats: Repeats) -> None:
        super().__init__()
        self.lost = 0
        """Lines for which there was no room, since the start."""
        self._untold = 0
        self._output = output
        self._repeats = repeats

    async def run(self) -> NoReturn:
        """Look after what waits while nothing new is said, until cancelled."""
        while True:
            is_waiting = self._output.is_waiting
            beat = until_beat(time.monotonic(), _LOOK_SECONDS)
            await asyncio.sleep(_LOOK_AGAIN_SECONDS if is_waiting else beat)
            self.tend(time.monotonic())

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, unless it is one of many."""
        now = time.monotonic()
        try:
            self._sum_up(now)
            if self._repeats.admits(record, now):
                self._write(record)
        except (KeyError, TypeError, ValueError):  # its message and its arguments do not fit
            self.handleError(record)

    def tend(self, now: float) -> None:
        """Say what is due without a record; `now` is monotonic seconds."""
        self.acquire()
        try:
            self._sum_up(now)
            self._output.flush()
            self._tell_loss()
        finally:
            self.release()

    def close(self) -> None:
        """Say all that is left, and give whoever reads a moment for it; logging's last call."""
        self.acquire()
        try:
            self._sum_up(math.inf)
            self._output.flush(_LAST_SECONDS)
            self._tell_loss()
        finally:
            self.release()
        super().close()

    def _sum_up(self, now: float) -> None:
        for summary in self._repeats.ended(now):
            self._write(summary)

    def _tell_loss(self) -> None:
        """Say it as soon as all before it is written; a line may come first, and says it then."""
        if self._untold and not self._output.is_waiting:
            self._output.write(self.format(_loss(self._untold)))
            self._untold = 0

    def _write(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        if self._untold:
            line = f"{self.format(_loss(self._untold))}\n{line}"
        if self._output.write(line):
            self._untold = 0
        else:
            self._untold += 1
            self.lost += 1


def _loss(lines: int) -> logging.LogRecord:
    record = logging.LogRecord(
        name="netwatch.logs",
        level=logging.WARNING,
        pathname=__file__,
        lineno=0,
        msg="lost %d lines of the log, which could not be written",
        args=(lines,),
        exc_info=None,
    )
    record.facts = {"lost": lines}
    return record

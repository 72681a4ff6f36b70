"""Writing the log to a descriptor, so that nobody who does not read it can stop the agent.

A write to a pipe that is full waits for its reader, and with it the whole loop; a disk that is
full, or a reader that has gone, is an error at each line. Here such lines are lost, and how many
they were is said as soon as a line can be written again.
"""

import logging
import os
import select
import time

from netwatch.logs.repeats import Repeats


class Output:
    """A descriptor that takes lines, as long as it takes them at once."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLOUT)
        self._is_torn = False

    def write(self, line: str) -> bool:
        """Write the line, and tell whether it could be written."""
        data = (line + "\n").encode(errors="backslashreplace")
        if self._is_torn:
            data = b"\n" + data
        try:
            return self._write(data)
        except OSError:
            return False

    def _write(self, data: bytes) -> bool:
        """Write as much as there is room for.

        Where a pipe is ready, it has room for PIPE_BUF bytes: pipe(7), "I/O on pipes and FIFOs".
        """
        start = 0
        while start < len(data) and self._ready.poll(0):
            start += os.write(self._descriptor, data[start : start + select.PIPE_BUF])
            self._is_torn = start < len(data)
        return start == len(data)


class LogHandler(logging.Handler):
    """Formats records and writes them, repeats and lost lines counted."""

    def __init__(self, output: Output, repeats: Repeats) -> None:
        super().__init__()
        self._output = output
        self._repeats = repeats
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record, unless it is one of many."""
        now = time.monotonic()
        try:
            for summary in self._repeats.ended(now):
                self._write(summary)
            if self._repeats.admits(record, now):
                self._write(record)
        except (KeyError, TypeError, ValueError):  # its message and its arguments do not fit
            self.handleError(record)

    def _write(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        if self._lost:
            line = f"{self.format(_loss(self._lost))}\n{line}"
        self._lost = 0 if self._output.write(line) else self._lost + 1


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

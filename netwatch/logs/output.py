"""Writing the log to a descriptor, so that nobody who does not read it can stop the agent.

A write to a pipe that is full waits for its reader, and with it the whole loop; a disk that is
full is an error at each line. Here lines wait instead, so many bytes of them.
"""

import contextlib
import os
import select
import time

MOST_WAITING_BYTES = 2**20
"""Thousands of lines: what is said when a whole cluster goes down at once."""


class Output:
    """A descriptor that takes lines in their order, sooner or later."""

    def __init__(self, descriptor: int, most_waiting_bytes: int = MOST_WAITING_BYTES) -> None:
        self._descriptor = descriptor
        self._most_waiting_bytes = most_waiting_bytes
        self._waiting = bytearray()
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLOUT)

    @property
    def is_waiting(self) -> bool:
        """Whether there is something that could not be written yet."""
        return bool(self._waiting)

    def write(self, line: str) -> bool:
        """Write the line, or keep it for later; tell whether there was room for it."""
        data = (line + "\n").encode(errors="backslashreplace")
        if self._waiting and len(self._waiting) + len(data) > self._most_waiting_bytes:
            return False
        self._waiting += data
        self.flush()
        return True

    def flush(self, patience_seconds: float = 0.0) -> None:
        """Write what waits, as far as that is possible within the time.

        Where a pipe is ready, it has room for PIPE_BUF bytes: pipe(7), "I/O on pipes and FIFOs".
        """
        end = time.monotonic() + patience_seconds
        with contextlib.suppress(OSError):  # what waits goes on waiting
            while self._waiting and self._ready.poll(max(end - time.monotonic(), 0.0) * 1000):
                written = os.write(self._descriptor, self._waiting[: select.PIPE_BUF])
                del self._waiting[:written]

"""The steps of each attempt as they happen, for `--verbose`."""

import time
from collections.abc import Callable
from typing import TextIO

from netwatch.model import Result, Sink, Target
from netwatch.prober import Note
from netwatch.sinks.attempts import said
from netwatch.wire.duration import format_seconds


class Trace(Sink):
    """A sink that writes each step with the time since its attempt began, and how it ended."""

    def __init__(self, file: TextIO | None, now: Callable[[], float] = time.perf_counter) -> None:
        """Write to `file`, or nothing where it is None; `now` is monotonic seconds."""
        self._file = file
        self._now = now
        self._began: dict[Target, float] = {}

    def watch(self, target: Target) -> Note:
        """Return who is told the steps of the attempt at `target` that begins now."""
        self._began[target] = self._now()
        return lambda step: self._write(target, step)

    def observe(self, result: Result) -> None:
        phases = ", ".join(
            f"{phase} {format_seconds(seconds)}" for phase, seconds in result.phases.items()
        )
        self._write(result.target, f"{said(result)} ({phases})" if phases else said(result))

    def _write(self, target: Target, words: str) -> None:
        if self._file:
            passed = self._now() - self._began[target]
            print(f"{target} {passed * 1000:10.3f}ms  {words}", file=self._file, flush=True)

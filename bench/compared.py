"""Our way and that of a library in turns, and servers in processes of their own."""

import gc
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median

Work = Callable[[], object]


def ratio_cells(ours: Work, theirs: Work, rounds: int) -> list[str]:
    """Return the medians of our CPU ms, of theirs, and of their ratio within a round."""
    times = [(_cpu_ms(ours), _cpu_ms(theirs)) for _ in range(rounds)]
    rows = [(our_ms, their_ms, their_ms / our_ms) for our_ms, their_ms in times]
    return [f"{median(column):.1f}" for column in zip(*rows, strict=True)]


def _cpu_ms(work: Work) -> float:
    gc.collect()
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1e3


@contextmanager
def serving(module: str, lines: int) -> Iterator[int]:
    """Run a module that serves so many lines and prints its port, which is yielded."""
    command = (sys.executable, "-m", module, str(lines))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.kill()

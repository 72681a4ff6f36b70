"""Runs netwatch with what only a measurement wants: a blocked loop, another loop, a record.

python -m bench.instrumented --blocked --record answers.csv agent --config netwatch.yaml
"""

import argparse
import csv
import math
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

from bench.accuracy import Measured
from netwatch import agent
from netwatch.cli.main import main
from netwatch.model import Batch
from netwatch.sinks.log import LogSink

BLOCKED_SECONDS = 0.2
EVERY_SECONDS = 1.0


class Settled(NamedTuple):
    """What became of one packet; times in seconds, the duration NaN where there is none."""

    address: str
    started: float
    duration: float
    outcome: str


class Recorder(LogSink):
    """Keeps what every packet gave, beside logging transitions."""

    def __init__(self) -> None:
        self.rows: list[Settled] = []

    def take(self, batch: Batch) -> None:
        for row, target in enumerate(batch.targets):
            started, duration = batch.started[row], batch.durations[row]
            outcome = batch.outcomes[row].value
            self.rows.append(Settled(target.endpoint.address, started, duration, outcome))

    def write(self, path: Path) -> None:
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(self.rows)


def read(path: Path) -> list[Settled]:
    """Return what a recorder wrote."""
    with path.open(newline="") as file:
        return [
            Settled(address, float(started), float(duration), outcome)
            for address, started, duration, outcome in csv.reader(file)
        ]


def answered(rows: Iterable[Settled]) -> Iterator[Measured]:
    """Yield the round-trip times among them."""
    for row in rows:
        if not math.isnan(row.duration):
            yield Measured(row.address, row.started, row.duration)


def block_the_loop() -> None:
    """From now on compute for 200 ms in every second, and let nothing else run meanwhile."""

    def compute(*_: object) -> None:
        end = time.perf_counter() + BLOCKED_SECONDS
        while time.perf_counter() < end:
            pass

    signal.signal(signal.SIGALRM, compute)
    signal.setitimer(signal.ITIMER_REAL, EVERY_SECONDS, EVERY_SECONDS)


def run(args: argparse.Namespace) -> int:
    """Run the command of netwatch; return its exit code."""
    if args.asyncio:
        sys.modules["uvloop"] = None  # type: ignore[assignment]  # how Python hides a module
    if args.blocked:
        block_the_loop()
    if args.record is None:
        return main(args.command)
    recorder = Recorder()
    # The agent takes no sinks from outside, and needs none but here.
    with patch.object(agent, "LogSink", lambda: recorder):
        code = main(args.command)
    recorder.write(args.record)
    return code


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--asyncio", action="store_true", help="not uvloop, where it is installed")
    parser.add_argument("--blocked", action="store_true", help="block the loop 200 ms each second")
    parser.add_argument("--record", metavar="FILE", type=Path, help="write all results, at the end")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(run(_parse()))

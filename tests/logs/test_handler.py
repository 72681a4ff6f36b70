import asyncio
import contextlib
import logging
import os
import time
from pathlib import Path

import pytest

from netwatch.logs.formats import TextFormatter
from netwatch.logs.handler import LogHandler
from netwatch.logs.output import Output
from netwatch.logs.repeats import WINDOW_SECONDS, Repeats
from tests.logs.test_output import PIPE_BYTES, pipe

ROOM_BYTES = 10_000


class Log:
    """A logger with a handler of its own."""

    def __init__(self, descriptor: int) -> None:
        self.handler = LogHandler(Output(descriptor, ROOM_BYTES), Repeats())
        self.handler.setFormatter(TextFormatter())
        logger = logging.Logger("netwatch.test")  # noqa: LOG001 - one of its own
        logger.addHandler(self.handler)
        self.say = logger.info


def messages(data: bytes) -> list[str]:
    return [line.partition(" INFO ")[2] or line[25:] for line in data.decode().splitlines()]


async def read_lines(reader: int, last: str) -> list[str]:
    """Read until that line came, now and then as a slow reader does."""
    os.set_blocking(reader, False)
    data = b""
    async with asyncio.timeout(20):
        while not data.endswith(f"{last}\n".encode()):
            await asyncio.sleep(0.01)
            with contextlib.suppress(BlockingIOError):
                data += os.read(reader, PIPE_BYTES)
    return messages(data)


async def test_a_burst_reaches_a_reader_that_was_away_though_nothing_else_is_said() -> None:
    with pipe() as (reader, writer):
        log = Log(writer)
        for number in range(200):
            log.say("number %d", number)
        tending = asyncio.ensure_future(log.handler.run())
        assert await read_lines(reader, "number 199") == [f"number {n}" for n in range(200)]
        tending.cancel()
        assert log.handler.lost == 0


async def test_what_was_lost_is_said_when_the_reader_is_back_though_nothing_else_is() -> None:
    with pipe() as (reader, writer):
        log = Log(writer)
        for number in range(1000):
            log.say("number %d", number)
        lost = log.handler.lost
        assert lost > 500
        tending = asyncio.ensure_future(log.handler.run())
        last = f"WARNING lost {lost} lines of the log, which could not be written"
        told = await read_lines(reader, last)
        assert told[:-1] == [f"number {number}" for number in range(1000 - lost)]
        tending.cancel()
        assert log.handler.lost == lost


def test_the_next_line_says_what_was_lost_before_it() -> None:
    with pipe() as (reader, writer):
        log = Log(writer)
        for number in range(1000):
            log.say("number %d", number)
        os.read(reader, PIPE_BYTES)
        log.handler._output.flush()
        log.say("go on")
        log.say("and on")
        data = b""
        while log.handler._output.is_waiting:
            data += os.read(reader, PIPE_BYTES)
            log.handler._output.flush()
        loss = f"WARNING lost {log.handler.lost} lines of the log, which could not be written"
        assert messages(data + os.read(reader, PIPE_BYTES))[-3:] == [loss, "go on", "and on"]


def test_a_message_that_repeats_is_told_five_times_a_minute_and_then_summed_up(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = Log(file.fileno())
        for _ in range(100):
            log.say("again")
        log.handler.tend(time.monotonic())
        assert messages(path.read_bytes()) == ["again"] * 5
        log.handler.tend(time.monotonic() + WINDOW_SECONDS)
        summary = "suppressed 95 more like this: again"
        assert messages(path.read_bytes()) == ["again"] * 5 + [summary]
        log.handler.close()
        assert messages(path.read_bytes()) == ["again"] * 5 + [summary]


def test_the_end_sums_up_what_repeated_until_then(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = Log(file.fileno())
        for _ in range(7):
            log.say("again")
        log.handler.close()
    assert messages(path.read_bytes())[5:] == ["suppressed 2 more like this: again"]


def test_a_message_that_does_not_fit_its_arguments_is_a_bug_that_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = Log(file.fileno())
        log.say("%d lines", "many")
        log.say("go on")
    assert messages(path.read_bytes()) == ["go on"]
    assert "Logging error" in capsys.readouterr().err

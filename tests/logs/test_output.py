import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netwatch.logs.formats import TextFormatter
from netwatch.logs.output import LogHandler, Output
from netwatch.logs.repeats import Repeats

F_SETPIPE_SIZE = 1031  # fcntl(2); Python has it from 3.10 on, where the C library does
PIPE_BYTES = 4096


@contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """Yield the two ends of the smallest pipe there is."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, F_SETPIPE_SIZE, PIPE_BYTES)
    try:
        yield reader, writer
    finally:
        os.close(reader)
        os.close(writer)


def a_log(descriptor: int) -> logging.Logger:
    handler = LogHandler(Output(descriptor), Repeats())
    handler.setFormatter(TextFormatter())
    log = logging.Logger("netwatch.test")  # noqa: LOG001 - one of its own
    log.addHandler(handler)
    return log


def messages(data: bytes) -> list[str]:
    return [line.partition(" INFO ")[2] or line[25:] for line in data.decode().splitlines()]


def test_a_pipe_that_nobody_reads_loses_lines_and_then_says_how_many() -> None:
    with pipe() as (reader, writer):
        log = a_log(writer)
        for number in range(1000):
            log.info("number %d", number)
        told = messages(os.read(reader, PIPE_BYTES))
        assert told == [f"number {number}" for number in range(len(told))]
        log.info("go on")
        lost, after = messages(os.read(reader, PIPE_BYTES))
        assert (
            lost == f"WARNING lost {1000 - len(told)} lines of the log, which could not be written"
        )
        assert after == "go on"


def test_a_line_longer_than_the_pipe_is_cut_off_and_the_next_begins_anew() -> None:
    with pipe() as (reader, writer):
        log = a_log(writer)
        log.info("long %s", "x" * 3 * PIPE_BYTES)
        assert messages(os.read(reader, PIPE_BYTES))[0].startswith("long xxx")
        log.info("next")
        assert messages(os.read(reader, PIPE_BYTES))[-1] == "next"


def test_a_reader_that_has_gone_is_survived() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    log = a_log(writer)
    log.info("nobody hears this")
    os.close(writer)
    log.info("nor this")


def test_a_full_disk_is_survived() -> None:
    with Path("/dev/full").open("wb") as full:
        a_log(full.fileno()).info("there is no room for this")


def test_a_file_has_all_lines_however_long(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = a_log(file.fileno())
        log.info("long %s", "x" * 100_000)
        log.info("lone \udc80")
    first, second = messages(path.read_bytes())
    assert first == "long " + "x" * 100_000
    assert second == "lone \\udc80"


def test_a_message_that_does_not_fit_its_arguments_is_a_bug_that_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = a_log(file.fileno())
        log.info("%d lines", "many")
        log.info("go on")
    assert messages(path.read_bytes()) == ["go on"]
    assert "Logging error" in capsys.readouterr().err


def test_a_message_that_repeats_is_told_five_times_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        log = a_log(file.fileno())
        for _ in range(100):
            log.info("again")
    assert messages(path.read_bytes()) == ["again"] * 5

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from netwatch.logs.output import Output

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


def read_all(reader: int, output: Output) -> bytes:
    """Read until nothing waits any more."""
    found = b""
    while output.is_waiting:
        found += os.read(reader, PIPE_BYTES)
        output.flush()
    return found + os.read(reader, PIPE_BYTES)


def test_what_a_pipe_does_not_take_waits_and_comes_later_in_order() -> None:
    lines = [f"line {number}" for number in range(3000)]
    with pipe() as (reader, writer):
        output = Output(writer)
        taken = [output.write(line) for line in lines]
        assert all(taken)
        assert output.is_waiting
        assert read_all(reader, output).decode().splitlines() == lines


def test_no_more_waits_than_may() -> None:
    with pipe() as (reader, writer):
        output = Output(writer, most_waiting_bytes=1000)
        taken = sum(output.write("x" * 99) for _ in range(1000))
        assert taken * 100 <= PIPE_BYTES + 1000
        assert len(read_all(reader, output).splitlines()) == taken
        assert output.write("there is room again")


def test_a_line_that_is_too_long_for_everything_is_taken_when_it_is_alone() -> None:
    with pipe() as (reader, writer):
        output = Output(writer, most_waiting_bytes=1000)
        assert output.write("x" * 50_000)
        assert not output.write("next")
        assert read_all(reader, output) == b"x" * 50_000 + b"\n"


def test_a_reader_that_has_gone_is_survived() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    output = Output(writer)
    output.write("nobody hears this")
    output.flush(patience_seconds=30.0)  # without waiting for him
    os.close(writer)
    output.write("nor this")


def test_a_disk_that_was_full_takes_all_lines_when_it_has_room() -> None:
    with Path("/dev/full").open("wb") as full:
        output = Output(full.fileno())
        output.write("first")
        output.write("second")
        reader, writer = os.pipe()
        os.dup2(writer, full.fileno())
        output.flush()
    os.close(writer)
    with os.fdopen(reader) as file:
        assert file.read() == "first\nsecond\n"


def test_a_file_has_all_lines_however_long(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        output = Output(file.fileno())
        output.write("long " + "x" * 100_000)
        output.write("lone \udc80")
    assert path.read_text() == "long " + "x" * 100_000 + "\nlone \\udc80\n"

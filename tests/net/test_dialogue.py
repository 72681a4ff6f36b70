import asyncio
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect
from netwatch.net.dialogue import MAX_LINE_BYTES, MAX_RECEIVED_BYTES, Dialogue, Steps
from netwatch.net.stream import Stream
from tests.tcp_server import says_nothing, tcp_server


def steps(*given: dict[str, Any]) -> Steps:
    return TypeAdapter(Steps).validate_python(list(given))


class Script:
    """A server that says each part and waits for what is due in return; `heard` is all of that."""

    def __init__(self, *parts: bytes) -> None:
        self._parts = parts
        self.heard: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in self._parts:
            writer.write(part)
            await writer.drain()
            self.heard.append(await reader.readline())


async def talk(server: Any, *given: dict[str, Any], line_end: bytes = b"\n") -> list[str]:
    """Take all steps; return what was noted."""
    notes: list[str] = []
    async with tcp_server(server) as port:
        with await connect("127.0.0.1", port) as stream:
            dialogue = Dialogue(stream, line_end=line_end, note=notes.append)
            for step in steps(*given):
                await dialogue.take(step)
    return notes


async def broken(server: Any, *given: dict[str, Any]) -> tuple[Outcome, str]:
    with pytest.raises(ProbeError) as error:
        await talk(server, *given)
    return error.value.outcome, error.value.detail


def says(data: bytes) -> Any:
    async def server(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return server


async def test_what_was_captured_can_be_sent() -> None:
    script = Script(b"220 mail.example ready\r\n", b"250-SIZE 10\r\n250 OK\r\n")
    await talk(
        script,
        {"expect": "^220 (?P<host>[^ ]+) (.+)$", "send": "EHLO ${host} ${2} ${0}"},
        {"expect": "^250 ", "send": "QUIT"},
        line_end=b"\r\n",
    )
    assert script.heard == [b"EHLO mail.example ready 220 mail.example ready\r\n", b"QUIT\r\n"]


async def test_lines_before_the_one_that_matches_do_not_matter() -> None:
    notes = await talk(says(b"a\nb\r\nc"), {"expect": "^b$"}, {"expect": "^c$"})
    assert notes == [
        "wait for a line that matches ^b$",
        'received "a"',
        'received "b"',
        "wait for a line that matches ^c$",
        'received "c"',
    ]


async def test_bytes_are_read_exactly_and_after_lines_too() -> None:
    data = b"+OK\nSSH-2.0rest\n"
    await talk(
        says(data), {"expect": "OK"}, {"expect_bytes": "SSH-"}, {"expect_bytes": "2.0"},
        {"expect": "^rest$"},
    )  # fmt: skip


async def test_other_bytes_are_a_mismatch() -> None:
    assert await broken(says(b"HTTP/1.1"), {"expect_bytes": "SSH-2"}) == (
        Outcome.MISMATCH,
        'found "HTTP/", expected "SSH-2"',
    )


async def test_a_server_that_says_something_else_is_a_mismatch() -> None:
    outcome, detail = await broken(says(b"554 go away\n"), {"expect": "^220 "})
    assert outcome is Outcome.MISMATCH
    assert detail == 'found "554 go away", expected a line that matches ^220 '


@pytest.mark.parametrize("step", [{"expect": "a"}, {"expect_bytes": "a"}])
async def test_a_server_that_goes_without_a_word_has_cut_the_connection(
    step: dict[str, Any],
) -> None:
    outcome, detail = await broken(says(b""), step)
    assert outcome is Outcome.RESET
    assert "the connection was closed" in detail


async def test_bytes_that_stop_too_early_are_told() -> None:
    outcome, detail = await broken(says(b"SS"), {"expect_bytes": "SSH"})
    assert outcome is Outcome.RESET
    assert detail == 'the connection was closed after "SS", expected "SSH"'


async def test_an_endless_line_ends() -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x" * 4096)
            await writer.drain()

    assert await broken(endless, {"expect": "y"}) == (
        Outcome.PROTOCOL,
        f"found a line of more than {MAX_LINE_BYTES} bytes",
    )


async def test_endless_lines_end() -> None:
    async def endless(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(b"x\n" * 2048)
            await writer.drain()

    assert await broken(endless, {"expect": "y"}) == (
        Outcome.MISMATCH,
        'found "x", expected a line that matches y',
    )


async def test_endless_steps_end() -> None:
    line = b"x" * 4095 + b"\n"
    outcome, detail = await broken(says(line * 1000), *[{"expect": "x"}] * 1000)
    assert outcome is Outcome.MISMATCH
    assert detail == f"found more than {MAX_RECEIVED_BYTES} bytes, expected a shorter dialogue"


@pytest.mark.virtual_time
async def test_a_line_may_come_byte_by_byte() -> None:
    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"220 ready\n":
            await asyncio.sleep(1)
            writer.write(bytes([byte]))

    assert 'received "220 ready"' in await talk(slow, {"expect": "^220 ready$"})


@pytest.mark.virtual_time
async def test_a_tarpit_can_be_left() -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(talk(says_nothing, {"expect": "220"}), 3600)


async def test_what_came_before_tls_was_due_is_refused() -> None:
    async with tcp_server(says(b"220 go ahead\r\n250 you are root\r\n")) as port:
        with await connect("127.0.0.1", port) as stream:
            dialogue = Dialogue(stream, line_end=b"\n")
            (step,) = steps({"expect": "^220", "starttls": True})
            await dialogue.take(step)
            with pytest.raises(ProbeError, match=r"you are root.*expected the handshake") as error:
                dialogue.check_all_is_read()
    assert error.value.outcome is Outcome.PROTOCOL


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"send": "${1}"}], "found ${1} in what step 1 sends, expected an expect before"),
        (
            [{"expect": "(a)", "send": "${2}"}],
            "found ${2} in what step 1 sends, expected one of 0, 1",
        ),
        ([{"expect": "(?P<x>a)"}, {"expect": "b", "send": "${x}"}], "expected one of 0"),
        ([{}], "found an empty step"),
        ([{"expect": "("}], "expected a regular expression"),
        ([{"sends": "a"}], "Extra inputs"),
    ],
)
def test_a_dialogue_that_cannot_be_held_is_refused(given: list[Any], expected: str) -> None:
    with pytest.raises(ValidationError) as error:
        steps(*given)
    assert expected in str(error.value)


# Whatever comes

PIECES = st.lists(st.binary(min_size=1, max_size=8) | st.sampled_from([b"\n", b"\r\n", b"ab\n"]))


def told_in_pieces(
    pieces: list[bytes], use: Callable[[Dialogue], Awaitable[Outcome]]
) -> tuple[Outcome, Dialogue]:
    """Return what comes of a dialogue with a server that says these pieces, and closes."""

    async def run() -> tuple[Outcome, Dialogue]:
        here, there = socket.socketpair()
        here.setblocking(False)
        with there, Stream(here) as stream:
            dialogue = Dialogue(stream, line_end=b"\n")

            async def say() -> None:
                for piece in pieces:
                    there.send(piece)
                    await asyncio.sleep(0)
                there.shutdown(socket.SHUT_WR)

            async with asyncio.TaskGroup() as group:
                group.create_task(say(), name="server")
                try:
                    return await use(dialogue), dialogue
                except ProbeError as error:
                    return error.outcome, dialogue

    return asyncio.run(run())


def taking(**said: Any) -> Callable[[Dialogue], Awaitable[Outcome]]:
    (step,) = steps(said)

    async def take(dialogue: Dialogue) -> Outcome:
        await dialogue.take(step)
        return Outcome.OK

    return take


@given(PIECES)
def test_lines_are_the_same_in_whatever_pieces_they_come(pieces: list[bytes]) -> None:
    *lines, rest = b"".join(pieces).split(b"\n")
    lines += [rest] if rest else []
    lines = [line.removesuffix(b"\r") for line in lines]
    matches = [match for line in lines if (match := re.search(rb"a(b*)", line))]
    outcome, dialogue = told_in_pieces(pieces, taking(expect="a(b*)"))
    if matches:
        assert outcome is Outcome.OK
        assert dialogue.captures["1"] == matches[0][1].decode()
    else:
        assert outcome is (Outcome.MISMATCH if lines else Outcome.RESET)


@given(PIECES, st.text(min_size=1, max_size=4))
def test_bytes_are_the_same_in_whatever_pieces_they_come(pieces: list[bytes], wanted: str) -> None:
    found, expected = b"".join(pieces), wanted.encode()
    outcome, _ = told_in_pieces(pieces, taking(expect_bytes=wanted))
    if len(found) < len(expected):
        assert outcome is Outcome.RESET
    else:
        is_right = found.startswith(expected)
        assert outcome is (Outcome.OK if is_right else Outcome.MISMATCH)

"""A dialogue in lines, as SMTP, IMAP, FTP and their like begin with: what comes, what to say then.

What a server may send is bounded, so that an endless one ends.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from netwatch.model import Outcome, ProbeError
from netwatch.net.stream import Stream
from netwatch.options import Options, RegularExpression
from netwatch.wire.document import described

MAX_LINE_BYTES = 2**16
MAX_RECEIVED_BYTES = 2**20
MAX_LINES = 1000  # matching a million empty ones would hold up everybody else for seconds

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9_]+)\}")


class Step(Options):
    """One step of a dialogue: what is waited for, then what is sent, then TLS."""

    expect: RegularExpression | None = None
    """Read lines until this matches in one; lines before that do not matter."""
    expect_bytes: str = ""
    """Read as many bytes (of UTF-8) as this has, which must be these."""
    send: str = ""
    """A line to send, in which `${1}` or `${name}` stand for what the latest `expect` captured.
    A configuration file writes `$${1}` for it, because `${…}` is the environment there."""
    starttls: bool = False
    """Go on under TLS."""

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.expect or self.expect_bytes or self.send or self.starttls:
            return self
        raise ValueError("found an empty step, expected expect, expect_bytes, send or starttls")


def _with_known_references(steps: list[Step]) -> list[Step]:
    captures: frozenset[str] = frozenset()
    for step in steps:
        if step.expect:
            captures = step.expect.captures
        for name in _REFERENCE.findall(step.send):
            if name not in captures:
                known = (
                    f"one of {', '.join(sorted(captures))}" if captures else "an expect before it"
                )
                raise ValueError(f"found ${{{name}}} in {described(step.send)}, expected {known}")
    return steps


Steps = Annotated[list[Step], AfterValidator(_with_known_references)]
"""The steps of a dialogue; each sends only what was captured before."""


class Dialogue:
    """What came on a stream and is not read yet, and what was captured of what was read."""

    def __init__(
        self, stream: Stream, *, line_end: bytes, note: Callable[[str], None] = lambda _: None
    ) -> None:
        self._stream = stream
        self._line_end = line_end
        self._note = note
        self._unread = bytearray()
        self._received_bytes = 0
        self.captures: Mapping[str, str] = {}
        """What the latest `expect` captured, by number and by name."""

    async def take(self, step: Step) -> None:
        """Do all of one step but TLS; raises ProbeError where something else comes."""
        if step.expect:
            await self._expect(step.expect.search, f"a line that matches {step.expect}")
        if step.expect_bytes:
            await self._expect_bytes(step.expect_bytes.encode())
        if step.send:
            line = _REFERENCE.sub(lambda reference: self.captures[reference[1]], step.send)
            self._note(f"send {described(line)}")
            await self._stream.send(line.encode() + self._line_end)

    def check_all_is_read(self) -> None:
        """Refuse what came in plain text after the agreement on TLS: anybody may have put it there.

        RFC 3207 section 4.2 wants it forgotten; it is a fault all the same (CVE-2011-0411).
        """
        if self._unread:
            raise ProbeError(
                Outcome.PROTOCOL,
                f"found {_shown(self._unread)} in plain text, expected the handshake of TLS",
            )

    async def _expect(
        self, search: Callable[[bytes], Mapping[str, str] | None], expected: str
    ) -> None:
        self._note(f"wait for {expected}")
        latest = None
        for _ in range(MAX_LINES):
            line = await self._line()
            if line is None:
                break
            self._note(f"received {_shown(line)}")
            if captures := search(line):
                self.captures = captures
                return
            latest = line
        if latest is None:
            raise ProbeError(Outcome.RESET, f"the connection was closed, expected {expected}")
        raise ProbeError(Outcome.MISMATCH, f"found {_shown(latest)}, expected {expected}")

    async def _expect_bytes(self, expected: bytes) -> None:
        self._note(f"wait for the bytes {_shown(expected)}")
        while len(self._unread) < len(expected):
            if not await self._receive():
                raise ProbeError(
                    Outcome.RESET,
                    f"the connection was closed after {_shown(self._unread)}, "
                    f"expected {_shown(expected)}",
                )
        found = bytes(self._unread[: len(expected)])
        del self._unread[: len(expected)]
        self._note(f"received {_shown(found)}")
        if found != expected:
            raise ProbeError(
                Outcome.MISMATCH, f"found {_shown(found)}, expected {_shown(expected)}"
            )

    async def _line(self) -> bytes | None:
        """Return the next line without its end, also the last without one; None after that."""
        searched = 0
        while (end := self._unread.find(b"\n", searched)) < 0:
            searched = len(self._unread)
            if searched > MAX_LINE_BYTES:
                raise ProbeError(
                    Outcome.PROTOCOL, f"found a line of more than {MAX_LINE_BYTES} bytes"
                )
            if not await self._receive():
                end = searched
                break
        line = bytes(self._unread[:end])
        is_last = end == len(self._unread)
        del self._unread[: end + 1]
        return None if is_last and not line else line.removesuffix(b"\r")

    async def _receive(self) -> bool:
        data = await self._stream.receive()
        self._unread += data
        self._received_bytes += len(data)
        if self._received_bytes > MAX_RECEIVED_BYTES:
            raise ProbeError(
                Outcome.MISMATCH,
                f"found more than {MAX_RECEIVED_BYTES} bytes, expected a shorter dialogue",
            )
        return bool(data)


def _shown(data: bytes | bytearray) -> str:
    return described(data.decode("utf-8", "backslashreplace"))

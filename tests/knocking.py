"""A small probe to test with: it knocks at a TCP port, and reads who is there.

with a_door(b"hello\n") as port: …
"""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from socket import SHUT_RDWR, SHUT_WR, create_server
from threading import Thread
from typing import ClassVar, Literal

from pydantic import Field

from netwatch.attempt import Attempt
from netwatch.exposition.family import Family, Kind
from netwatch.model import Outcome, ProbeError
from netwatch.options import Options, PositiveDuration
from netwatch.probe import AttemptOptions, ProbeOptions, Services
from netwatch.probes.icmp import IcmpOptions


class ToneOptions(Options):
    """How to speak."""

    pitch: int = 440
    """Hertz."""
    voice_name: str = ""
    """Whose voice."""


class KnockOptions(AttemptOptions):
    """Knock at a TCP port, and read a line.

    The line may be compared.
    """

    families: ClassVar[tuple[Family, ...]] = (
        Family(name="netwatch_knock_bytes", kind=Kind.GAUGE, help="Bytes.", key="bytes"),
        Family(name="netwatch_knock_lines_total", kind=Kind.COUNTER, help="Lines.", key="lines"),
        Family(name="netwatch_knock_voice", kind=Kind.GAUGE, help="1.", key="voice", label="voice"),
    )
    buckets: ClassVar[tuple[float, ...]] = (0.1, 1.0)
    needs: ClassVar[tuple[Literal["port", "url"], ...]] = ("port",)

    interval: PositiveDuration = 15.0
    """Time between two knocks."""
    timeout: PositiveDuration = 1.0
    """A line later than this is none."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram."""
    answer: str = ""
    """The line that is expected; 100% of it."""
    polite: bool = False
    """Say please first."""
    times: int = 1
    """How many lines to wait for."""
    codes: list[int | str] = Field(default_factory=list)
    """What else is accepted."""
    words: list[str] = Field(default_factory=list)
    """What to say."""
    names: dict[str, str] = Field(default_factory=dict)
    """Who is who."""
    tone: ToneOptions | None = None
    """Speak in a tone."""
    door: ToneOptions = Field(default_factory=ToneOptions)
    """The door's own."""

    def open(self, services: Services) -> "Knock":
        del services
        return Knock(self)


class Knock:
    def __init__(self, options: KnockOptions) -> None:
        self._options = options

    async def measure(self, attempt: Attempt) -> None:
        endpoint = attempt.endpoint
        with attempt.timed("connect"):
            reader, writer = await asyncio.open_connection(endpoint.address, endpoint.port)
        attempt.note(f"connected to {endpoint.address}")
        try:
            with attempt.timed("answer"):
                line = await reader.readline()
        finally:
            writer.close()
        attempt.values |= {"bytes": len(line), "lines": 1, "voice": {"alto": 1}}
        said = line.decode().strip()
        if said == "bug":
            raise ZeroDivisionError
        if self._options.answer not in ("", said):
            raise ProbeError(Outcome.MISMATCH, f"expected {self._options.answer}")


PROBES_WITH_KNOCK: dict[str, type[ProbeOptions]] = {"icmp": IcmpOptions, "knock": KnockOptions}


@contextmanager
def a_door(*answers: bytes) -> Iterator[int]:
    """Answer each knock on loopback with the next of `answers`, the last for ever; yield the port.

    Without answers nobody says a word, and the door stays open.
    """
    with create_server(("127.0.0.1", 0)) as server, ExitStack() as opened:
        left = list(answers)

        def answer() -> None:
            with suppress(OSError):  # the door was shut
                while True:
                    connection, _ = server.accept()
                    opened.enter_context(connection)
                    if left:
                        connection.sendall(left.pop(0) if len(left) > 1 else left[0])
                        connection.shutdown(SHUT_WR)

        thread = Thread(target=answer, name="door")
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(SHUT_RDWR)
            thread.join()


def nobody() -> int:
    """Return a port of loopback at which nobody answers."""
    with create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port

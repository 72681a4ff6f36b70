"""TCP: does a port answer, under TLS perhaps, and does it say what it should."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from netwatch.attempt import Attempt, Probe
from netwatch.exposition.family import Family, Kind
from netwatch.handshake import shake_hands
from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect
from netwatch.net.dialogue import Dialogue, Step, Steps
from netwatch.net.lookup import address_now
from netwatch.net.stream import Stream
from netwatch.net.tls import TlsContexts, TlsOptions
from netwatch.options import PositiveDuration, SourceAddress
from netwatch.probe import AttemptOptions, Services
from netwatch.wire.hostname import MAX_PORT

FAMILIES = (
    Family(
        name="netwatch_tcp_dialogue_steps",
        kind=Kind.GAUGE,
        help="Steps of the dialogue that the latest attempt completed.",
        key="tcp_dialogue_steps",
    ),
)

Hear = Callable[[int, Mapping[str, str]], None]

_LINE_ENDS = {"crlf": b"\r\n", "lf": b"\n", "none": b""}


class TcpOptions(AttemptOptions):
    """Connect to TCP ports, speak TLS, and hold a dialogue in lines."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3),
        *(0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    )

    interval: Annotated[PositiveDuration, Field(ge=0.1, le=3600)] = 15.0
    """Time between two attempts at one target."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 5.0
    """An attempt that takes longer has failed."""
    port: Annotated[int, Field(ge=0, le=MAX_PORT)] = 0
    """The port of targets that name none."""
    transport: Literal["tcp", "tls"] = "tcp"
    """Whether to speak TLS from the first byte on."""
    tls: TlsOptions = Field(default_factory=TlsOptions)
    """How to speak TLS, from the beginning or after a step with `starttls`."""
    dialogue: Steps = Field(default_factory=list)
    """What to expect and to send, step by step; empty to be content with the connection."""
    line_end: Literal["crlf", "lf", "none"] = "crlf"
    """What ends each line that is sent."""
    source_address: SourceAddress = ""
    """Connect from this address of this host; empty lets the kernel choose."""
    interface: str = ""
    """Connect through this interface; empty lets the kernel choose."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none;
    `auto` is `target` up to 30 targets, and `zone` above."""

    @model_validator(mode="after")
    def _has_tls_once(self) -> Self:
        if sum(step.starttls for step in self.dialogue) + (self.transport == "tls") > 1:
            raise ValueError("found TLS inside of TLS, expected `starttls` once, or transport tls")
        return self

    def open(self, services: Services) -> Probe:
        return TcpProbe(self, services)


class TcpProbe:
    """Makes a connection for each attempt.

    `hear` is told the number of each step that captured something, and what, by number and name.
    """

    def __init__(
        self,
        options: TcpOptions,
        services: Services,
        hear: Hear = lambda _step, _captures: None,
    ) -> None:
        self._options = options
        self._services = services
        self._hear = hear

    async def measure(self, attempt: Attempt) -> None:
        endpoint = attempt.endpoint
        port = endpoint.port or self._options.port
        if not port:
            raise ProbeError(
                Outcome.LOCAL, "found no port, expected one at the target or the option port"
            )
        with attempt.timed("resolve"):
            address = await address_now(endpoint, self._services.resolve)
        attempt.note(f"{endpoint.host} is {address}")
        contexts = self._services.contexts
        await _Visit(self._options, contexts, attempt, address, port, self._hear).make()


@dataclass(frozen=True, slots=True)
class _Visit:
    """One connection to one address, and what is said on it."""

    options: TcpOptions
    contexts: TlsContexts
    attempt: Attempt
    address: str
    port: int
    hear: Hear

    async def make(self) -> None:
        with self.attempt.timed("connect"):
            stream = await self._connect()
        with stream:
            self.attempt.note(f"connected to {self.address} port {self.port}")
            if self.options.transport == "tls":
                await self._start_tls(stream, [])
            if self.options.dialogue:
                await self._converse(stream)

    async def _connect(self) -> Stream:
        return await connect(
            self.address,
            self.port,
            source_address=self.options.source_address,
            interface=self.options.interface,
        )

    async def _converse(self, stream: Stream) -> None:
        dialogue = Dialogue(stream, line_end=self._line_end, note=self.attempt.note)
        self.attempt.values["tcp_dialogue_steps"] = 0.0
        for done, step in enumerate(self.options.dialogue, 1):
            with self.attempt.timed("dialogue"):
                await dialogue.take(step)
            if step.expect:
                self.hear(done - 1, dialogue.captures)
            if step.starttls:
                dialogue.check_all_is_read()
                await self._start_tls(stream, self.options.dialogue[:done])
            self.attempt.values["tcp_dialogue_steps"] = float(done)

    async def _start_tls(self, stream: Stream, said: list[Step]) -> None:
        """Do the handshake; a refused certificate is looked at after the same words once more."""
        await shake_hands(
            self.attempt,
            stream,
            self.contexts,
            self.options.tls,
            host=self.attempt.endpoint.host,
            connect_again=lambda: self._connect_and_say(said),
        )

    async def _connect_and_say(self, steps: list[Step]) -> Stream:
        stream = await self._connect()
        try:
            dialogue = Dialogue(stream, line_end=self._line_end)
            for step in steps:
                await dialogue.take(step)
        except BaseException:
            stream.close()
            raise
        return stream

    @property
    def _line_end(self) -> bytes:
        return _LINE_ENDS[self.options.line_end]

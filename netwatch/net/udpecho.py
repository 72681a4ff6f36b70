"""Answers the UDP echo requests of other agents, and nobody else's.

An answer is never longer than its request, goes only to addresses that are known, and only so
often to each: so there is nothing to gain in forging one.
"""

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Annotated, Self

from pydantic import Field

from netwatch.exposition.family import Family, Kind
from netwatch.exposition.table import Row, Table
from netwatch.net.ratelimit import RateLimit
from netwatch.net.udpserver import Question, UdpListenError, UdpServerSocket
from netwatch.options import Listen, Network, Options
from netwatch.wire.listen import ListenAddress
from netwatch.wire.udpecho import reply_to

TURN_DATAGRAMS = 100
"""Most answers in one turn of the loop, so that a flood holds up nothing else."""

UDP_ECHO_FAMILIES = (
    Family(
        name="netwatch_udp_echo_answered_total",
        kind=Kind.COUNTER,
        help="Echo requests of other agents that were answered.",
        key="answered",
    ),
    Family(
        name="netwatch_udp_echo_unanswered_total",
        kind=Kind.COUNTER,
        help="Datagrams at the UDP echo that were not answered: foreign to it, unknown, limited, "
        "or unsendable.",
        key="unanswered",
        label="reason",
    ),
)


class UdpEchoOptions(Options):
    """Where UDP echo requests are answered, and whose."""

    listen: list[Listen] = Field(default_factory=list)
    """Addresses such as `:9848`; none by default."""
    allow: list[Network] = Field(default_factory=list)
    """Networks whose requests are answered, beside those of the addresses that are probed."""
    rate: Annotated[int, Field(ge=1, le=1_000_000)] = 1000
    """Most answers a second to one address; as many may come at once."""


class UdpEcho:
    """The echo of one agent; a context manager, served by the running loop.

    `answered` counts datagrams, `unanswered` the others by reason: `foreign` are no echo requests,
    `unknown` come from unknown addresses, `limited` came too often, `unsendable` are answers that
    the kernel did not take.
    """

    def __init__(
        self,
        is_known: Callable[[str], bool],
        table: Table,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`is_known` tells of an IP address whether it is answered; loopback is always.

        `table` (of `UDP_ECHO_FAMILIES`) shows what is counted, once there is something to count.
        """
        self.answered = 0
        self.unanswered = Counter({"foreign": 0, "unknown": 0, "limited": 0, "unsendable": 0})
        self._is_known = is_known
        self._table = table
        self._row: Row | None = None
        self._now = now
        self._options = UdpEchoOptions()
        self._limit = RateLimit(1 / self._options.rate, self._options.rate)
        self._sockets: dict[ListenAddress, list[UdpServerSocket]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listen(())

    def configure(self, options: UdpEchoOptions) -> None:
        """Do as the options say. Raises UdpListenError, and then nothing has changed."""
        try:
            self._listen(options.listen)
        except UdpListenError:
            self._listen(self._options.listen)
            raise
        if options.rate != self._options.rate:
            self._limit = RateLimit(1 / options.rate, options.rate)
        self._options = options
        if options.listen and self._row is None:
            self._row = self._table.add({}, self)

    @property
    def addresses(self) -> list[ListenAddress]:
        """Where it listens, with the ports that were chosen."""
        return [one.address for sockets in self._sockets.values() for one in sockets]

    def _listen(self, addresses: Iterable[ListenAddress]) -> None:
        """Close first: what is given up may stand in the way, as 127.0.0.1:1 in that of :1."""
        wanted = dict.fromkeys(addresses)
        loop = asyncio.get_running_loop()
        for address in self._sockets.keys() - wanted:
            for one in self._sockets.pop(address):
                loop.remove_reader(one.socket)
                one.close()
        for address in wanted.keys() - self._sockets.keys():
            self._sockets[address] = UdpServerSocket.open_all(address)
            for one in self._sockets[address]:
                loop.add_reader(one.socket, self._serve, one)

    def _serve(self, opened: UdpServerSocket) -> None:
        for _ in range(TURN_DATAGRAMS):
            question = opened.receive()
            if question is None:
                return
            if refusal := self._answer(opened, question):
                self.unanswered[refusal] += 1
            else:
                self.answered += 1

    def _answer(self, opened: UdpServerSocket, question: Question) -> str:
        """Return the reason why not; empty where it was answered."""
        reply = reply_to(question.data)
        if reply is None:
            return "foreign"
        source = question.source
        if not self._may_ask(source):
            return "unknown"
        if not self._limit.admits(source, self._now()):
            return "limited"
        try:
            opened.answer(question, reply)
        except OSError:
            return "unsendable"
        return ""

    def _may_ask(self, source: str) -> bool:
        if self._is_known(source):
            return True
        address = ipaddress.ip_address(source)
        return address.is_loopback or any(address in network for network in self._options.allow)

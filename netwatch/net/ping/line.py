"""Channels with their ledgers: what a send, a receive and a timeout mean for both."""

import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Self

from netwatch.model import Batch
from netwatch.net.ping import reasons
from netwatch.net.ping.channel import Channel
from netwatch.net.ping.inbox import Stray
from netwatch.net.ping.inflow import Inflow
from netwatch.net.ping.layout import message_values
from netwatch.net.ping.ledger import Ledger
from netwatch.net.ping.opening import ChannelError, ChannelOptions
from netwatch.net.ping.volley import Backlog, Volley
from netwatch.wire import icmp

REOPEN_SECONDS = 5.0
ROOM_SECONDS = 0.1
"""In this time no more replies than are in flight come in, as far as pacing goes."""
PACE_SHARE = 0.4
"""How much of the receive buffer may fill between two looks, by replies or by stamps."""


class LineOptions(NamedTuple):
    """What targets must agree in to share a line."""

    channel: ChannelOptions
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class ChannelCounts:
    """What befell our sockets: messages dropped by the kernel, malformed, and not for us.

    Of `unstamped` requests the kernel, which can, did not say when they left.
    """

    drops: int = 0
    malformed: int = 0
    foreign: int = 0
    unstamped: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.drops + other.drops,
            self.malformed + other.malformed,
            self.foreign + other.foreign,
            self.unstamped + other.unstamped,
        )


def random_identifier(taken: Iterable[int]) -> int:
    """Return an identifier that is none of `taken`; random, as two containers share a PID."""
    identifier = secrets.randbelow(0xFFFF) + 1
    return random_identifier(taken) if identifier in taken else identifier


class Line:
    """Sends and receives for all targets that agree in `LineOptions`."""

    def __init__(self, options: LineOptions, now: Callable[[], float]) -> None:
        """`now` is monotonic seconds. Raises ChannelError if the kernel does not let us."""
        self._now = now
        self._family = options.channel.family
        self.channel = Channel(options.channel)
        self.ledger = Ledger(
            self._family,
            options.channel.payload_bytes,
            options.timeout_seconds,
            self._choose_identifier,
        )
        self.pace_packets = max(int(self.channel.room_packets() * PACE_SHARE), 1)
        """Most requests, or replies awaited, between two looks at the socket."""
        self.backlog = Backlog()
        self._inflow = Inflow(now())
        self._malformed = self._unstamped = 0
        self._awaited = 0
        """Requests of which the kernel has not said yet that they left."""

    @property
    def counts(self) -> ChannelCounts:
        return ChannelCounts(
            self.channel.drops, self._malformed, self.ledger.foreign, self._unstamped
        )

    @property
    def is_busy(self) -> bool:
        """Whether anything waits to be sent, or for an answer."""
        return bool(self.backlog) or self.ledger.in_flight > 0

    def next_look(self, longest_seconds: float) -> float:
        """Return when to `settle` again: for a timeout, or before the buffer could fill."""
        if not self.ledger.in_flight:
            return math.inf
        come_per_second = self.ledger.in_flight / ROOM_SECONDS + self._inflow.per_second
        seconds = min(self.pace_packets / come_per_second, longest_seconds)
        return min(self.ledger.next_deadline(), self._now() + seconds)

    def send_some(self) -> None:
        """Send what waits, as far as there is room; what the kernel refuses settles at once."""
        room = self.pace_packets
        while self.backlog and room > 0:
            volley = self.backlog.take(min(room, self.channel.batch_packets))
            room -= len(volley)
            self._send(volley)
            # Stamps use up the room of replies.
            self._take_departures()

    def settle(self) -> Batch:
        """Receive all that waits, give up what is past its deadline, return what settled."""
        is_any_overdue = self.ledger.next_deadline() <= self._now()
        if (is_any_overdue or self._family == 6) and self.channel.overflowed():  # noqa: PLR2004
            self.ledger.suspect()
        inbox, came, awaited = self.channel.inbox, 0, self.ledger.in_flight
        while number := inbox.receive():
            came += number
            if self._awaited or not self.channel.is_raw:
                self._take_departures()  # what was answered has left, and its stamp is there now
            replies = inbox.replies(number)
            if replies is None or not self.ledger.receive_all(replies):
                self._take_one_by_one(number)
            if number < inbox.most:
                break
        self._inflow.observe(came - (awaited - self.ledger.in_flight), self._now())
        self._give_up_on_stamps()
        self.ledger.expire(self._now())
        return self.ledger.take_batch()

    def _send(self, volley: Volley) -> None:
        now = self._now()
        if self.ledger.needs_epoch(now, len(volley)):
            self.channel.load(self.ledger.open_epoch(now).request)
            self.channel.listen_for(self.ledger.identifiers)
        first = self.ledger.send(volley, now, time.time_ns())

        def refuse(index: int, error: OSError) -> None:
            self._awaited -= 1
            self.ledger.refuse(first + index, *reasons.of_send_error(error))

        self._awaited += len(volley)
        self.channel.send(volley.names, first, refuse)

    def _take_one_by_one(self, number: int) -> None:
        rows, strays = self.channel.inbox.rows(number)
        for stray in strays:  # first: once its packet has settled, damage is a stranger's
            self._take_stray(stray)
        self.ledger.receive(rows)

    def _take_departures(self) -> None:
        departures = self.channel.departures
        while number := departures.receive():
            run = departures.run(number)
            if run is not None and self.ledger.stamp_run(run):
                self._awaited -= number
            else:
                self._take_departures_one_by_one(number)
            if number < departures.most:
                break

    def _take_departures_one_by_one(self, number: int) -> None:
        departures, failures = self.channel.departures.rows(number, self.ledger.nonces)
        self.ledger.stamp(departures)
        self._awaited -= len(departures)
        for failure in failures:
            self.ledger.fail(failure, *reasons.of_icmp_error(failure, self._family))

    def _give_up_on_stamps(self) -> None:
        """Wait for a stamp no longer than to the tick after the send: it comes with the send."""
        if self.channel.stamps_sends:
            self._unstamped += max(self._awaited, 0)
            self._awaited = 0

    def _take_stray(self, stray: Stray) -> None:
        try:
            message = self._decode(stray)
        except icmp.MalformedError:
            self._malformed += 1
            return
        match message:
            case icmp.EchoReply():
                self._take_odd_reply(message, stray)
            case icmp.EchoFailure():
                outcome, words = reasons.of_icmp_error(message, self._family)
                sender = icmp.format_address(stray.sender)
                self.ledger.fail(message, outcome, f"{words}, says {sender}")

    def _decode(self, stray: Stray) -> icmp.EchoReply | icmp.EchoFailure | None:
        if self.channel.is_raw and self._family == 4:  # noqa: PLR2004
            return icmp.decode_ipv4_packet(stray.data)
        return icmp.decode_message(stray.data, self._family, stray.hop_limit)

    def _take_odd_reply(self, reply: icmp.EchoReply, stray: Stray) -> None:
        """Judge a reply with IP options, or of another length than what was asked for."""
        if len(reply.message) < icmp.HEADER_BYTES + icmp.MINIMUM_PAYLOAD_BYTES:
            self.ledger.receive_damaged(reply, stray.sender)
            return
        stamp = divmod(stray.stamp_ns, 1_000_000_000)
        values = message_values(self._family, reply.message)
        self.ledger.receive([(stray.sender, *stamp, reply.hop_limit, *values)])

    def _choose_identifier(self) -> int:
        if self.channel.is_raw:
            return random_identifier(self.ledger.identifiers)
        return self.channel.kernel_identifier


class Lines:
    """One open line per distinct options, while somebody needs it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._open: dict[LineOptions, Line] = {}
        self._users: Counter[LineOptions] = Counter()
        self._refused: dict[LineOptions, tuple[float, ChannelError]] = {}
        self._closed_counts = ChannelCounts()
        self.stamps_sends: bool | None = None
        """Whether the kernel tells when a request left; None before any line was open."""

    def __iter__(self) -> Iterator[Line]:
        return iter(self._open.values())

    @property
    def counts(self) -> ChannelCounts:
        """The counts of all lines, also of those that were closed."""
        return sum((line.counts for line in self), self._closed_counts)

    def get(self, options: LineOptions) -> Line:
        """Return the line, opened now if need be.

        Raises ChannelError where that fails, and tries again `REOPEN_SECONDS` later: an
        interface or an address may come.
        """
        line = self._open.get(options)
        if line is None:
            line = self._open[options] = self._try_to_open(options)
            self.stamps_sends = line.channel.stamps_sends
        return line

    def reserve(self, options: LineOptions) -> None:
        """Say that one more target needs the line."""
        self._users[options] += 1

    def release(self, options: LineOptions) -> None:
        """Say that one target less needs it, and close it after the last."""
        self._users[options] -= 1
        if not self._users[options]:
            del self._users[options]
            self._close(options)

    def distrust_stamps(self) -> None:
        """The wall clock stepped."""
        for line in self:
            line.ledger.distrust_stamps()

    def close(self) -> None:
        """Close all."""
        for options in tuple(self._open):
            self._close(options)

    def _try_to_open(self, options: LineOptions) -> Line:
        until, error = self._refused.get(options, (0.0, None))
        if error is not None and self._now() < until:
            raise error
        try:
            return Line(options, self._now)
        except ChannelError as refusal:
            self._refused[options] = (self._now() + REOPEN_SECONDS, refusal)
            raise

    def _close(self, options: LineOptions) -> None:
        line = self._open.pop(options, None)
        if line is not None:
            self._closed_counts += line.counts
            line.channel.close()

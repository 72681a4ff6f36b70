"""Channels with their ledgers: what a send, a receive and a timeout mean for both."""

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from netwatch.model import Batch
from netwatch.net.ping import reasons
from netwatch.net.ping.channel import Address, Channel, Received
from netwatch.net.ping.ledger import Flow, Ledger
from netwatch.net.ping.opening import ChannelError, ChannelOptions
from netwatch.wire.icmp import EchoReply

REOPEN_SECONDS = 5.0


def random_identifier(taken: Iterable[int]) -> int:
    """Return an identifier that is none of `taken`; random, as two containers share a PID."""
    identifier = secrets.randbelow(0xFFFF) + 1
    return random_identifier(taken) if identifier in taken else identifier


@dataclass(frozen=True, slots=True)
class ChannelCounts:
    """What befell our sockets: messages dropped by the kernel, malformed, and not for us."""

    drops: int = 0
    malformed: int = 0
    foreign: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.drops + other.drops,
            self.malformed + other.malformed,
            self.foreign + other.foreign,
        )


class Line:
    """Sends and receives for all targets that agree in `ChannelOptions`."""

    def __init__(self, options: ChannelOptions, now: Callable[[], float]) -> None:
        """`now` is monotonic seconds. Raises ChannelError if the kernel does not let us."""
        self._now = now
        self.channel = Channel(options)
        self.ledger = Ledger(options.family, self._choose_identifier)
        # Datagram sockets deliver no bad checksum, and the kernel computes those of ICMPv6.
        self._with_checksum = self.channel.is_raw

    def send(self, flow: Flow, destination: Address) -> None:
        """Send one request, and settle it at once if the kernel refuses it."""
        now = self._now()
        if self.ledger.needs_epoch(now):
            self.ledger.open_epoch(now)
            self.channel.accept_only(self.ledger.identifiers)
        self.channel.make_room(flow.size_bytes)
        request = self.ledger.prepare(flow)
        try:
            stamp_ns = self.channel.send(request, destination)
        except OSError as error:
            outcome, detail = reasons.of_send_error(error)
            self.ledger.refuse(flow, outcome, detail, time.time_ns())
        else:
            self.ledger.accept(self._now(), stamp_ns)

    def settle(self) -> Batch:
        """Receive all that waits, give up what is past its deadline, return what settled."""
        if self.channel.overflowed():
            self.ledger.suspect()
        self.channel.receive(self._deliver)
        self.ledger.expire(self._now())
        return self.ledger.take_batch()

    def _deliver(self, received: Received) -> None:
        message, sender, stamp_ns = received
        if isinstance(message, EchoReply):
            self.ledger.reply(message, sender, stamp_ns, with_checksum=self._with_checksum)
        else:
            outcome, detail = reasons.of_icmp_error(message, self.channel.options.family)
            self.ledger.fail(message, outcome, f"{detail}, says {sender}" if sender else detail)

    def _choose_identifier(self) -> int:
        if self.channel.is_raw:
            return random_identifier(self.ledger.identifiers)
        return self.channel.kernel_identifier

    @property
    def counts(self) -> ChannelCounts:
        return ChannelCounts(self.channel.drops, self.channel.malformed, self.ledger.foreign)


class Lines:
    """One open line per distinct options, while somebody needs it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._open: dict[ChannelOptions, Line] = {}
        self._users: Counter[ChannelOptions] = Counter()
        self._refused: dict[ChannelOptions, tuple[float, ChannelError]] = {}
        self._closed_counts = ChannelCounts()

    def __iter__(self) -> Iterator[Line]:
        return iter(self._open.values())

    @property
    def counts(self) -> ChannelCounts:
        """The counts of all lines, also of those that were closed."""
        return sum((line.counts for line in self), self._closed_counts)

    def get(self, options: ChannelOptions) -> Line:
        """Return the line, opened now if need be.

        Raises ChannelError where that fails, and tries again `REOPEN_SECONDS` later: an
        interface or an address may come.
        """
        line = self._open.get(options)
        if line is None:
            line = self._open[options] = self._try_to_open(options)
        return line

    def reserve(self, options: ChannelOptions) -> None:
        """Say that one more target needs the line."""
        self._users[options] += 1

    def release(self, options: ChannelOptions) -> None:
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

    def _try_to_open(self, options: ChannelOptions) -> Line:
        until, error = self._refused.get(options, (0.0, None))
        if error is not None and self._now() < until:
            raise error
        try:
            return Line(options, self._now)
        except ChannelError as refusal:
            self._refused[options] = (self._now() + REOPEN_SECONDS, refusal)
            raise

    def _close(self, options: ChannelOptions) -> None:
        line = self._open.pop(options, None)
        if line is not None:
            self._closed_counts += line.counts
            line.channel.close()

"""The open connections of the HTTP server: so many and no more, and none of them for nothing.

asyncio's own server accepts without end, and tells of a connection when its TLS handshake is done;
a client that never finishes one would cost us descriptors that probes need. So this accepts
itself. Where there are too many connections, whoever has most of them loses the oldest: nobody can
keep others out, but by coming from many addresses at once.
"""

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

LOG = logging.getLogger("netwatch.web.connections")

_PAUSE_SECONDS = 1.0
_SEND_BUFFER_BYTES = 2**17
"""For each connection the kernel keeps up to twice that, in memory that counts as the agent's; by
itself it might keep megabytes. A scrape is quick with it also at a distance of 100 ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """What one client may cost."""

    connections: int = 128
    """Open ones at a time, on all addresses together, handshakes included."""
    handshake_seconds: float = 10.0
    """A TLS handshake that takes longer is given up."""
    idle_seconds: float = 75.0
    """From one response, or the beginning, until the header of the next request is complete; above
    the usual interval of scrapes, so that a scraper keeps its connection."""
    unread_seconds: float = 120.0
    """What a client takes nothing of for so long is not sent any more: it has gone, or does not
    read. So ends what no deadline of a response sees: the rest in the buffers of the kernel."""


class Connection:
    """One client's, from the moment it is accepted."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        self.host = host
        self.task: asyncio.Task[None] | None = None
        self.transport: asyncio.Transport | None = None
        self._sock = sock

    @property
    def is_open(self) -> bool:
        """Whether it still has a descriptor; a transport closes its socket as the last thing."""
        return self._sock.fileno() >= 0

    def abort(self) -> None:
        """End it, whatever it is doing, and whatever is not sent yet."""
        if self.transport:
            self.transport.abort()
        elif self.task:
            self.task.cancel()

    def close_unwelcomed(self, _: "asyncio.Task[None]") -> None:
        """Close what never got a transport."""
        if self.transport is None:
            self._sock.close()


class Connections:
    """Accepts connections, and hands each to a protocol of `factory`.

    `tls` may be changed at any time; it counts for those that come after that.
    """

    def __init__(
        self,
        group: asyncio.TaskGroup,
        factory: Callable[[], asyncio.Protocol],
        limits: ConnectionLimits,
    ) -> None:
        self.tls: ssl.SSLContext | None = None
        self._group = group
        self._factory = factory
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._open: list[Connection] = []

    def accept_from(self, listening: socket.socket) -> None:
        """Accept what comes to this socket, which does not block, until `stop`."""
        if listening.fileno() < 0:
            return
        # Connections inherit both: tcp(7), socket(7).
        milliseconds = round(self._limits.unread_seconds * 1000)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        self._loop.add_reader(listening, self._accept, listening)

    def stop(self, listening: socket.socket) -> None:
        """Close it; connections that came from it live on."""
        self._loop.remove_reader(listening)
        listening.close()

    def abort(self) -> None:
        """End all connections."""
        for connection in self._open:
            if connection.is_open:
                connection.abort()

    def _accept(self, listening: socket.socket) -> None:
        try:
            sock, (host, *_) = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it has gone again
        except OSError as error:
            # No descriptors or no memory: what waits would wake us up again and again.
            LOG.error("no connection can be accepted: %s", error.strerror)  # noqa: TRY400 - no bug
            self._loop.remove_reader(listening)
            self._loop.call_later(_PAUSE_SECONDS, self.accept_from, listening)
            return
        sock.setblocking(False)
        self._make_room(host)
        connection = Connection(sock, host)
        self._open.append(connection)
        task = self._group.create_task(self._welcome(connection, sock), name=f"welcome {host}")
        task.add_done_callback(connection.close_unwelcomed)
        connection.task = task

    def _make_room(self, host: str) -> None:
        self._open = [connection for connection in self._open if connection.is_open]
        if len(self._open) < self._limits.connections:
            return
        numbers = Counter(connection.host for connection in self._open)
        numbers[host] += 1
        most = max(numbers.values())
        loser = next(one for one in self._open if numbers[one.host] == most)
        self._open.remove(loser)
        loser.abort()
        # The host is no word of the message: each new one would be a new message.
        facts = {"host": loser.host}
        LOG.warning("too many connections: one was closed", extra={"facts": facts})

    async def _welcome(self, connection: Connection, sock: socket.socket) -> None:
        seconds = self._limits.handshake_seconds if self.tls else None
        try:
            connection.transport, _ = await self._loop.connect_accepted_socket(
                self._factory,
                sock,
                ssl=self.tls,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=seconds,
            )
        except OSError as error:  # ssl.SSLError is one
            LOG.debug("no connection with %s: %s", connection.host, error)

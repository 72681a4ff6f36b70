"""A TCP connection that one reads and writes, and puts under TLS at any moment.

TLS is OpenSSL over memory, and not asyncio's transports: so the handshake is a step with a
beginning and an end, a dialogue can come to it (STARTTLS), and there is nothing to clean up but
the socket, however a step ends.
"""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Self, TypeVar

RECEIVE_BYTES = 65536

DoneT = TypeVar("DoneT")


class Stream:
    """Owns a connected, non-blocking socket; use it as a context manager, or close it."""

    def __init__(self, sock: socket.socket) -> None:
        self.tls: ssl.SSLObject | None = None
        """The connection's TLS, once the handshake is done."""
        self._sock = sock
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def receive(self) -> bytes:
        """Return what has come, at least a byte; nothing when the peer has ended."""
        if self.tls is None:
            return await asyncio.get_running_loop().sock_recv(self._sock, RECEIVE_BYTES)
        try:
            return await self._through(partial(self.tls.read, RECEIVE_BYTES))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # many servers end without saying so in TLS

    async def send(self, data: bytes) -> None:
        """Hand all of `data` to the kernel."""
        if self.tls is None:
            await asyncio.get_running_loop().sock_sendall(self._sock, data)
        else:
            await self._through(partial(self.tls.write, data))

    async def start_tls(self, context: ssl.SSLContext, server_name: str) -> ssl.SSLObject:
        """Do the handshake; all that is sent and received afterwards is under TLS.

        Raises ssl.SSLError, and ConnectionResetError where the peer ends in the middle of it.
        """
        tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        try:
            await self._through(tls.do_handshake)
        except ssl.SSLEOFError as error:
            said = "the peer closed the connection during the handshake"
            raise ConnectionResetError(errno.ECONNRESET, said) from error
        self.tls = tls
        return tls

    def close(self) -> None:
        """Say goodbye if that is possible at once, and close."""
        # Without this alert (RFC 8446 section 6.1) servers log that the connection was cut.
        with contextlib.suppress(OSError):
            if self.tls is not None:
                self.tls.unwrap()
        with contextlib.suppress(OSError):
            self._sock.send(self._outgoing.read())
        self._sock.close()

    async def _through(self, step: Callable[[], DoneT]) -> DoneT:
        """Repeat a step of OpenSSL until it needs no more from the peer."""
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLError:
                # The alert that tells the peer why; if it cannot be sent, the reason is the news.
                with contextlib.suppress(OSError):
                    await self._flush()
                raise
            else:
                await self._flush()
                return done

    async def _flush(self) -> None:
        if self._outgoing.pending:
            await asyncio.get_running_loop().sock_sendall(self._sock, self._outgoing.read())

    async def _feed(self) -> None:
        data = await asyncio.get_running_loop().sock_recv(self._sock, RECEIVE_BYTES)
        if data:
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

"""TCP servers on loopback that do what a test scripts."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def tcp_server(
    handler: Handler, *, context: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """Call `handler` for each connection, and close that afterwards; yields the port.

    At the end it waits for all handlers: they must end when the probe goes.
    """
    handling: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handling.append(asyncio.current_task())
        with suppress(OSError, asyncio.IncompleteReadError):  # the probe may go at any time
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, address, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for _ in range(10):  # rounds of the loop, for connections that are on their way in
            await asyncio.sleep(0)
        for task in filter(None, handling):
            await task


@dataclass(slots=True)
class OneHandshake:
    """`heard` is the alert with which the client failed the handshake, or our own reason to."""

    port: int
    heard: str = ""


@contextmanager
def one_tls_handshake(context: ssl.SSLContext) -> Iterator[OneHandshake]:
    """Do one handshake as OpenSSL does it alone, and close.

    asyncio's servers close without the alert that says why a handshake failed.
    """

    def serve() -> None:
        sock, _ = listener.accept()
        try:
            with sock, context.wrap_socket(sock, server_side=True) as tls:
                tls.unwrap()
        except OSError as error:
            told.heard = str(error)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        told = OneHandshake(listener.getsockname()[1])
        thread = threading.Thread(target=serve)
        thread.start()
        yield told
        thread.join()


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A tarpit: listens until the probe goes."""
    del writer
    await reader.read()


async def ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close at once."""
    del reader, writer

"""TCP servers on loopback that do what a test scripts."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def tcp_server(
    handler: Handler, *, context: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """Call `handler` for each connection, and close that afterwards; yields the port."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(OSError, asyncio.IncompleteReadError):  # the probe may go at any time
            await handler(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, address, 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


@contextmanager
def tls_server_with_alerts(context: ssl.SSLContext) -> Iterator[int]:
    """Do one handshake as OpenSSL does it alone, and close; yields the port.

    asyncio's servers close without the alert that says why a handshake failed.
    """

    def serve(listener: socket.socket) -> None:
        with suppress(OSError):
            sock, _ = listener.accept()
            with sock, context.wrap_socket(sock, server_side=True) as tls:
                tls.unwrap()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A tarpit: listens until the probe goes."""
    del writer
    await reader.read()


async def ends(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close at once."""
    del reader, writer

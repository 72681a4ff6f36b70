"""The addresses the agent listens on, which a reload may change."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from typing import Self

from aiohttp import web

from netwatch.wire.listen import ListenAddress

_SHUTDOWN_SECONDS = 0.2


class ListenError(Exception):
    """An address cannot be listened on; the message says which and why."""


class Listeners:
    """Serves one application on a changing set of addresses; an async context manager."""

    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_SHUTDOWN_SECONDS,
            handler_cancellation=True,  # nobody probes for a client that has gone
        )
        self._sites: dict[ListenAddress, web.TCPSite] = {}

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        return self

    async def __aexit__(self, *_: object) -> None:
        server = self._runner.server
        transports = [connection.transport for connection in server.connections] if server else []
        await self._runner.cleanup()
        # A closed transport still waits for a client that does not read, an aborted one does not.
        for transport in filter(None, transports):
            transport.abort()
        await asyncio.sleep(0)  # they are gone in the next turn of the loop

    async def listen(self, addresses: Iterable[ListenAddress]) -> None:
        """Listen on these and no others. Raises ListenError, and then nothing has changed."""
        wanted = dict.fromkeys(addresses)
        new = [address for address in wanted if address not in self._sites]
        old = [address for address in self._sites if address not in wanted]
        try:
            await self._open_all(new)
        except ListenError:
            # Perhaps what is given up stands in the way: 127.0.0.1:9847 in that of :9847.
            await self._close_all(old)
            try:
                await self._open_all(new)
            except ListenError:
                await self._open_all(old)
                raise
        else:
            await self._close_all(old)

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the application answers, with the ports that were chosen."""
        return tuple(_url(address) for address in self._runner.addresses)

    async def _open_all(self, addresses: Sequence[ListenAddress]) -> None:
        """Open all or none."""
        for number, address in enumerate(addresses):
            try:
                self._sites[address] = await self._open(address)
            except ListenError:
                await self._close_all(addresses[:number])
                raise

    async def _close_all(self, addresses: Iterable[ListenAddress]) -> None:
        for address in addresses:
            await self._sites.pop(address).stop()

    async def _open(self, address: ListenAddress) -> web.TCPSite:
        host, port = address
        site = web.TCPSite(self._runner, host or None, port, reuse_address=True)
        try:
            await site.start()
        except OSError as error:
            await site.stop()  # or the runner keeps it
            raise ListenError(f"cannot listen on {address}: {_reason(error)}") from error
        return site


def _reason(error: OSError) -> str:
    """Return why, without what asyncio adds to it; the numbers of getaddrinfo are below zero."""
    number = error.errno or 0
    return os.strerror(number).lower() if number > 0 else str(error.strerror or error)


def _url(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    host, port = address[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

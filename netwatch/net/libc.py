"""Host names to IP addresses by getaddrinfo(3), for those who must know what the C library says.

That call cannot be cancelled, nor told how long it may take: so each is made in a daemon thread,
which holds up neither the loop nor the end of the program, and there are only so many of them.
"""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable

from netwatch.model import Outcome, ProbeError
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed

MAX_THREADS = 16

_UNKNOWN = {socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY}
_FAILED = {socket.EAI_AGAIN, socket.EAI_FAIL}


def _getaddrinfo(host: str) -> list[str]:
    # As bytes, or Python's own codec for international names would have its say first.
    found = socket.getaddrinfo(host.encode(), None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class LibcResolver:
    """Resolves names, each in a thread of its own; one that hangs is not waited for.

    `getaddrinfo` returns addresses, or raises OSError.
    """

    def __init__(
        self, *, threads: int = MAX_THREADS, getaddrinfo: Callable[[str], list[str]] = _getaddrinfo
    ) -> None:
        self._most_threads = threads
        self._getaddrinfo = getaddrinfo
        self._threads: list[threading.Thread] = []

    async def resolve(self, host: str) -> Answer:
        """Return the addresses of `host`; there is at least one. Their TTL is not known: 0.

        Raises NameUnknown or ResolverFailed, and ProbeError where the trouble is our own.
        """
        try:
            addresses = await self._ask(host)
        except socket.gaierror as error:
            said = f"{host}: {error.strerror}"
            if error.errno in _UNKNOWN:
                raise NameUnknown(said) from error
            if error.errno in _FAILED:
                raise ResolverFailed(said) from error
            raise ProbeError(Outcome.LOCAL, said) from error
        return Answer(
            ipv4=tuple(address for address in addresses if ":" not in address),
            ipv6=tuple(address for address in addresses if ":" in address),
            ttl_seconds=0.0,
        )

    def _ask(self, host: str) -> asyncio.Future[list[str]]:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        if len(self._threads) >= self._most_threads:
            why = f"all {self._most_threads} threads are stuck in getaddrinfo"
            raise ProbeError(Outcome.LOCAL, why)
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[list[str]] = loop.create_future()

        def ask() -> None:
            said = self._said_of(host)
            with contextlib.suppress(RuntimeError):  # the loop did not live to hear it
                loop.call_soon_threadsafe(_settle, answered, said)

        thread = threading.Thread(target=ask, name=f"getaddrinfo {host}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise ProbeError(Outcome.LOCAL, str(error)) from error
        self._threads.append(thread)
        return answered

    def _said_of(self, host: str) -> list[str] | OSError:
        try:
            return self._getaddrinfo(host)
        except OSError as error:
            return error


def _settle(answered: asyncio.Future[list[str]], said: list[str] | OSError) -> None:
    if answered.done():
        return  # who asked has given up
    if isinstance(said, OSError):
        answered.set_exception(said)
    else:
        answered.set_result(said)

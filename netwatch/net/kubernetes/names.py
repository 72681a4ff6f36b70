"""Has aiohttp ask our own resolver: its own one waits for name servers in a thread."""

import socket
from collections.abc import Awaitable, Callable, Iterator

from aiohttp.abc import AbstractResolver, ResolveResult

from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed


class AnsweringResolver(AbstractResolver):
    """Answers what aiohttp asks by `resolve`."""

    def __init__(self, resolve: Callable[[str], Awaitable[Answer]]) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of the family (AF_UNSPEC: of both). Raises OSError for none."""
        try:
            answer = await self._resolve(host)
        except (NameUnknown, ResolverFailed) as error:
            raise OSError(str(error)) from error
        found = [_result(host, port, *one) for one in _addresses(answer, family)]
        if not found:
            raise OSError(answer.problem or f"{host}: no address")
        return found

    async def close(self) -> None:
        """Nothing is open."""


def _addresses(
    answer: Answer, family: socket.AddressFamily
) -> Iterator[tuple[str, socket.AddressFamily]]:
    for addresses, theirs in ((answer.ipv4, socket.AF_INET), (answer.ipv6, socket.AF_INET6)):
        if family in {socket.AF_UNSPEC, theirs}:
            yield from ((address, theirs) for address in addresses or ())


def _result(host: str, port: int, address: str, family: socket.AddressFamily) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=family,
        proto=0,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )

"""HTTP servers on loopback that answer as a test scripts it to the byte, and a probe of them."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from netwatch.attempt import make_attempt
from netwatch.model import Result, Target
from netwatch.net.resolver import Answer
from netwatch.probe import Services
from netwatch.probes.http.probe import HttpOptions
from netwatch.resolution import Resolve
from netwatch.wire.url import parse_url
from tests.nouns import a_check, a_target
from tests.tcp_server import Handler, tcp_server

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Return the next request, headers and body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = head.lower().partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
    return head + await reader.readexactly(int(length or 0))


def redirect(location: str, status: int = 302, *headers: str) -> bytes:
    lines = (f"HTTP/1.1 {status} Elsewhere", f"Location: {location}", *headers)
    return "\r\n".join((*lines, "Content-Length: 0", "", "")).encode("latin-1")


def says(*answer: bytes) -> Handler:
    """Answer each request with these bytes, in so many pieces, and close."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for piece in answer:
            writer.write(piece)
            await writer.drain()

    return handle


@dataclass
class Site:
    """A server with an answer for each path; `requests` are those that came."""

    port: int = 0
    pages: dict[str, bytes] = field(default_factory=dict)
    requests: list[bytes] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [request.split(b" ")[1].decode() for request in self.requests]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await read_request(reader))
        writer.write(self.pages.get(self.paths[-1], OK))
        await writer.drain()


@asynccontextmanager
async def site(
    *, context: ssl.SSLContext | None = None, address: str = "127.0.0.1"
) -> AsyncIterator[Site]:
    served = Site()
    async with tcp_server(served.handle, context=context, address=address) as served.port:
        yield served


async def everything_is_here(host: str) -> Answer:
    del host
    return Answer(("127.0.0.1",), (), ttl_seconds=60)


def at(url: str, *, address: str = "127.0.0.1", family: int = 4) -> Target:
    """Return the target that a source makes of a URL."""
    host, endpoint = parse_url(url).host, a_target(address=address).endpoint
    return Target(a_check(), replace(endpoint, host=host, family=family, url=url))


async def probed(
    url: str,
    options: HttpOptions | None = None,
    *,
    resolve: Resolve = everything_is_here,
    note: Callable[[str], None] = lambda _: None,
) -> Result:
    """Make one attempt."""
    probe = (options or HttpOptions()).open(Services(resolve))
    return await make_attempt(probe, at(url), timeout_seconds=5, note=note)

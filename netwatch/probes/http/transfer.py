"""A request and its response on their way over a connection; what fails is told as outcomes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from netwatch.model import Outcome, ProbeError
from netwatch.net.stream import Stream
from netwatch.wire.content_coding import MalformedBodyError
from netwatch.wire.http import Exchange, MalformedResponseError, NoResponseError, Response
from netwatch.wire.http_body import Body


async def send(stream: Stream, exchange: Exchange) -> bytes:
    """Send the request, and return what has come of the body with the response's first byte."""
    # Who refuses a request may answer and close before having read all of it. Whether there is an
    # answer shows in what comes; if nothing does, that is told as a reset, too.
    with suppress(BrokenPipeError, ConnectionResetError):
        await stream.send(exchange.to_send)
    part = b""
    while not exchange.has_begun:
        part = await _receive(stream, exchange)
    return part


async def read_head(stream: Stream, exchange: Exchange) -> tuple[Response, bytes]:
    """Return the head of the response, and what has come of the body with it."""
    part = b""
    while exchange.response is None:
        part = await _receive(stream, exchange)
    return exchange.response, part


async def read_body(stream: Stream, exchange: Exchange, body: Body) -> None:
    """Fill `body` with what is still to come. Raises TooLargeError."""
    with _told():
        while not exchange.is_complete:
            # A server that is faster than we are must not keep the deadline from coming.
            await asyncio.sleep(0)
            body.add(await _receive(stream, exchange))
        body.end()


def begin_body(response: Response, max_bytes: int, part: bytes, *, keep: bool) -> Body:
    """Return the body, `part` of which has come. Raises TooLargeError."""
    with _told():
        body = Body(response.first("content-encoding"), max_bytes, keep=keep)
        body.add(part)
        return body


async def _receive(stream: Stream, exchange: Exchange) -> bytes:
    data = await stream.receive()
    with _told():
        return exchange.receive(data)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NoResponseError:
        raise ProbeError(Outcome.RESET, "the connection was closed without an answer") from None
    except (MalformedResponseError, MalformedBodyError) as error:
        raise ProbeError(Outcome.PROTOCOL, str(error)) from error

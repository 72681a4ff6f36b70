"""A request and its response on their way over a connection; what fails is told as outcomes."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from netwatch.model import Outcome, ProbeError
from netwatch.net.stream import Stream
from netwatch.wire.content_coding import MalformedBodyError
from netwatch.wire.http import Exchange, MalformedResponseError, NoResponseError, Response
from netwatch.wire.http_body import Body


async def send(stream: Stream, exchange: Exchange) -> None:
    """Send the request, and wait for the first byte of the response."""
    # Who refuses a request may answer and close before having read all of it. Whether there is an
    # answer shows in what comes; if nothing does, that is told as a reset, too.
    with suppress(BrokenPipeError, ConnectionResetError):
        await stream.send(exchange.to_send)
    with _told():
        while not exchange.has_begun:
            exchange.feed(await stream.receive())


async def read_head(stream: Stream, exchange: Exchange) -> Response:
    """Return the head of the response."""
    with _told():
        while exchange.response is None:
            exchange.feed(await stream.receive())
    return exchange.response


async def read_body(
    stream: Stream, exchange: Exchange, response: Response, max_bytes: int, *, keep: bool
) -> Body:
    """Return the body, with its content if that is to be kept. Raises TooLargeError."""
    with _told():
        body = Body(response.first("content-encoding"), max_bytes, keep=keep)
        await _take_part(body, exchange)
        while not exchange.is_complete:
            # A server that is faster than we are must not keep the deadline from coming.
            await asyncio.sleep(0)
            exchange.feed(await stream.receive())
            await _take_part(body, exchange)
        body.end()
        return body


async def _take_part(body: Body, exchange: Exchange) -> None:
    """Unpack what has come: of 64 KiB of gzip that may be megabytes."""
    for _ in body.add(exchange.body_part()):
        await asyncio.sleep(0)


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except NoResponseError:
        raise ProbeError(Outcome.RESET, "the connection was closed without an answer") from None
    except (MalformedResponseError, MalformedBodyError) as error:
        raise ProbeError(Outcome.PROTOCOL, str(error)) from error

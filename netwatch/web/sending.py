"""Answers on their way to clients that may take them slowly: for so long, and so many bytes in all.

What is not taken yet is memory of ours. The deadline alone would let strangers fill it within two
minutes; so where all answers together are too large, whoever has most of them loses the oldest.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from netwatch.rendering import Pace

LOG = logging.getLogger("netwatch.web.sending")

RESPONSE_SECONDS = 120.0
"""A response that is not made and taken by then is cut off, however slowly its client reads."""

MOST_UNREAD_BYTES = 16 * 2**20
"""Some 17 renderings of 100,000 lines; the chart's limit of memory has room for it."""


class PiecewiseResponse(web.StreamResponse):
    """A response whose body is made piece by piece, while the client takes it."""

    def __init__(
        self, pieces: Iterator[bytes], *, body_bytes: int, held_bytes: int, headers: dict[str, str]
    ) -> None:
        """`held_bytes` is what stands in memory until all is sent; it may be compressed."""
        super().__init__(headers=headers)
        self.content_length = body_bytes
        self.held_bytes = held_bytes
        self._pieces = pieces

    async def write_eof(self, data: bytes = b"") -> None:
        """Send all pieces; a second time there are none left."""
        pace = Pace()
        for piece in self._pieces:
            await self.write(piece)
            await pace.step()
        await super().write_eof(data)


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    """One that is on its way."""

    request: web.BaseRequest
    held_bytes: int

    @property
    def host(self) -> str:
        return self.request.remote or ""

    def abort(self) -> None:
        """Give it up, and its connection with it."""
        if self.request.transport:
            self.request.transport.abort()


class Unread:
    """The answers that are on their way, and what they hold in memory."""

    def __init__(self, most_bytes: int = MOST_UNREAD_BYTES) -> None:
        self._most_bytes = most_bytes
        self._answers: list[_Answer] = []

    @contextlib.contextmanager
    def holding(self, request: web.BaseRequest, held_bytes: int) -> Iterator[None]:
        """Count these bytes for the client as long as this is entered; others may have to go."""
        answer = _Answer(request, held_bytes)
        self._make_room(answer)
        self._answers.append(answer)
        try:
            yield
        finally:
            with contextlib.suppress(ValueError):  # it had to go
                self._answers.remove(answer)

    def _make_room(self, newcomer: _Answer) -> None:
        while self._answers and self._bytes() + newcomer.held_bytes > self._most_bytes:
            held = Counter[str]()
            for answer in (*self._answers, newcomer):
                held[answer.host] += answer.held_bytes
            most = max(held[answer.host] for answer in self._answers)
            loser = next(answer for answer in self._answers if held[answer.host] == most)
            self._answers.remove(loser)
            loser.abort()
            # The host is no word of the message: each new one would be a new message.
            facts = {"host": loser.host, "bytes": loser.held_bytes}
            LOG.warning("too much is not read: one answer was given up", extra={"facts": facts})

    def _bytes(self) -> int:
        return sum(answer.held_bytes for answer in self._answers)


def sending(unread: Unread, seconds: float = RESPONSE_SECONDS) -> Middleware:
    """Cut off a client that has not taken its answer by then, be it a refusal."""

    @web.middleware
    async def send(request: web.Request, handler: Handler) -> web.StreamResponse:
        response: web.StreamResponse = web.Response(status=503)
        timer = asyncio.timeout(seconds)
        try:
            async with timer:
                try:
                    response = await handler(request)
                except web.HTTPException as refusal:
                    await _send(refusal, request, unread)
                    raise
                await _send(response, request, unread)
        except TimeoutError:
            if not timer.expired():
                raise
            if request.transport:
                request.transport.abort()
        return response

    return send


async def _send(response: web.StreamResponse, request: web.Request, unread: Unread) -> None:
    """Send all of it; aiohttp, which would, finds nothing left to do."""
    # One who leaves early has what he wanted, or will ask again.
    with unread.holding(request, _held_bytes(response)), contextlib.suppress(ConnectionError):
        await response.prepare(request)
        await response.write_eof()


def _held_bytes(response: web.StreamResponse) -> int:
    if isinstance(response, PiecewiseResponse):
        return response.held_bytes
    return response.content_length or 0

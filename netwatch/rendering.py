"""Renders in slices between which everything else goes on, into memory first, where it is zipped.

Whoever reads slowly thus never holds up the counters, and sees one moment of them: what is rendered
is held still meanwhile, and only one rendering is under way at a time. Those who wait for the same
one share it. Zipped it takes a tenth of the room, and is what Prometheus asks for; whoever wants
the text has it unzipped chunk by chunk.
"""

import asyncio
import time
import weakref
import zlib
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

SLICE_SECONDS = 0.001
CHUNK_BYTES = 2**16
"""To write as much takes some ten microseconds; a socket's buffer holds a few of them."""
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say that the container is gzip
_FASTEST = 1  # level 6 is a third smaller, and three times as much work


class Pace:
    """Divides long work, so that the loop turns at least once in `SLICE_SECONDS`."""

    def __init__(self) -> None:
        self._end = time.perf_counter() + SLICE_SECONDS

    async def step(self) -> None:
        """Give way where it is time; call it between two small parts of the work."""
        if time.perf_counter() > self._end:
            await asyncio.sleep(0)
            self._end = time.perf_counter() + SLICE_SECONDS


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Rendering:
    """What was rendered, to be written a chunk at a time.

    `number` says how many renderings were begun before, `text_bytes` how long the text is.
    """

    number: int
    zipped: tuple[bytes, ...]
    text_bytes: int

    @property
    def zipped_bytes(self) -> int:
        """How long it is in the gzip format (RFC 1952)."""
        return sum(map(len, self.zipped))

    def text(self) -> Iterator[bytes]:
        """Yield the text, at most `CHUNK_BYTES` at a time."""
        unzipper = zlib.decompressobj(_GZIP)
        for chunk in self.zipped:
            rest = chunk
            while text := unzipper.decompress(rest, CHUNK_BYTES):
                yield text
                rest = unzipper.unconsumed_tail


class Renderer:
    """Takes turns among those who want a rendering: scrapers, and the text file."""

    def __init__(self, held: Callable[[], AbstractContextManager[None]]) -> None:
        """`held` keeps the counters still while it is entered."""
        self._held = held
        self._turn = asyncio.Lock()
        self._begun = 0
        self._latest: weakref.WeakValueDictionary[Hashable, Rendering]
        self._latest = weakref.WeakValueDictionary()
        """By what was wanted, as long as somebody writes it."""

    async def render(self, wanted: Hashable, slices: Iterable[bytes]) -> Rendering:
        """Return the slices, each of which is made (by a generator) when it is asked for.

        Those who wanted the same before it was begun get the same, and their slices are not made.
        """
        begun_before = self._begun
        async with self._turn:
            latest = self._latest.get(wanted)
            if latest is not None and latest.number >= begun_before:
                return latest
            number, self._begun = self._begun, self._begun + 1
            with self._held():
                rendering = await _zipped(number, slices)
            self._latest[wanted] = rendering
            return rendering


async def _zipped(number: int, slices: Iterable[bytes]) -> Rendering:
    """Zip the slices into chunks, so that there are few system calls, and none of them is long."""
    zipper = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP)
    pace, chunks, chunk, text_bytes = Pace(), [], bytearray(), 0
    for text in slices:
        text_bytes += len(text)
        chunk += zipper.compress(text)
        if len(chunk) >= CHUNK_BYTES:
            chunks.append(bytes(chunk))
            chunk.clear()
        await pace.step()
    chunk += zipper.flush()
    return Rendering(number, (*chunks, bytes(chunk)), text_bytes)

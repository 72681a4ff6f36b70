"""Renders in slices between which everything else goes on, into memory first.

Whoever reads slowly thus never holds up the counters, and sees one moment of them: what is rendered
is held still meanwhile, and only one rendering is under way at a time. In memory it is compressed,
to a tenth or less, because slow readers may be many; for those who do not take gzip, which
Prometheus does, it is unpacked piece by piece on its way out.
"""

import asyncio
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager

SLICE_SECONDS = 0.001
PIECE_BYTES = 2**16

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


class Rendering:
    """A finished text, in either coding; both come in pieces of at most `PIECE_BYTES` or so."""

    def __init__(self) -> None:
        self.plain_bytes = 0
        self.gzip_bytes = 0
        self._pieces: list[bytes] = []
        self._zipper = zlib.compressobj(_FASTEST, zlib.DEFLATED, _GZIP)

    def add(self, text: bytes) -> None:
        """Take in the next part of the text."""
        self.plain_bytes += len(text)
        self._keep(self._zipper.compress(text))

    def finish(self) -> None:
        """Nothing is added any more; before that, nothing may be read."""
        self._keep(self._zipper.flush())

    def gzip(self) -> Iterator[bytes]:
        """Yield it as it is."""
        yield from self._pieces

    def plain(self) -> Iterator[bytes]:
        """Yield it unpacked."""
        unzipper = zlib.decompressobj(_GZIP)
        for piece in self._pieces:
            packed = piece
            while packed:
                yield unzipper.decompress(packed, PIECE_BYTES)
                packed = unzipper.unconsumed_tail

    def _keep(self, piece: bytes) -> None:
        if piece:
            self.gzip_bytes += len(piece)
            self._pieces.append(piece)


class Renderer:
    """Takes turns among those who want a rendering: scrapers, and the text file."""

    def __init__(self, held: Callable[[], AbstractContextManager[None]]) -> None:
        """`held` keeps the counters still while it is entered."""
        self._held = held
        self._turn = asyncio.Lock()

    async def render(self, slices: Iterable[bytes]) -> Rendering:
        """Keep the slices, each of which is made (by a generator) when it is asked for."""
        rendering = Rendering()
        async with self._turn:
            with self._held():
                pace = Pace()
                for text in slices:
                    rendering.add(text)
                    await pace.step()
                rendering.finish()
        return rendering

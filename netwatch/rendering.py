"""Renders in slices between which everything else goes on, into memory first.

Whoever reads slowly thus never holds up the counters, and sees one moment of them: what is rendered
is held still meanwhile, and only one rendering is under way at a time. Those who wait for the same
one share it.
"""

import asyncio
import time
import weakref
from collections.abc import Callable, Hashable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

SLICE_SECONDS = 0.001
CHUNK_BYTES = 2**16
"""To write as much takes some ten microseconds; a socket's buffer holds a few of them."""


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
    """What was rendered, in chunks of about `CHUNK_BYTES` to be written one after the other.

    `number` says how many renderings were begun before.
    """

    number: int
    chunks: tuple[bytes, ...]

    @property
    def size_bytes(self) -> int:
        return sum(map(len, self.chunks))


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
                rendering = Rendering(number, tuple(await _chunks(slices)))
            self._latest[wanted] = rendering
            return rendering


async def _chunks(slices: Iterable[bytes]) -> list[bytes]:
    """Join slices, so that there are few system calls, and none of them is long."""
    pace, chunks, chunk = Pace(), [], bytearray()
    for text in slices:
        chunk += text
        if len(chunk) >= CHUNK_BYTES:
            chunks.append(bytes(chunk))
            chunk.clear()
        await pace.step()
    return [*chunks, bytes(chunk)]

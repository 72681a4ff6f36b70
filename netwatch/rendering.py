"""Renders in slices between which everything else goes on, into memory first.

Whoever reads slowly thus never holds up the counters, and sees one moment of them: what is rendered
is held still meanwhile, and only one rendering is under way at a time.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

SLICE_SECONDS = 0.001


class Pace:
    """Divides long work, so that the loop turns at least once in `SLICE_SECONDS`."""

    def __init__(self) -> None:
        self._end = time.perf_counter() + SLICE_SECONDS

    async def step(self) -> None:
        """Give way where it is time; call it between two small parts of the work."""
        if time.perf_counter() > self._end:
            await asyncio.sleep(0)
            self._end = time.perf_counter() + SLICE_SECONDS


class Renderer:
    """Takes turns among those who want a rendering: scrapers, and the text file."""

    def __init__(self, held: Callable[[], AbstractContextManager[None]]) -> None:
        """`held` keeps the counters still while it is entered."""
        self._held = held
        self._turn = asyncio.Lock()

    async def render(self, slices: Iterable[bytes]) -> bytes:
        """Join the slices, each of which is made (by a generator) when it is asked for."""
        async with self._turn:
            with self._held():
                pace, parts = Pace(), []
                for text in slices:
                    parts.append(text)
                    await pace.step()
                return b"".join(parts)

"""Writes the series to a file, for node-exporter's textfile collector.

The collector reads whatever ends in `.prom` at each of its scrapes, so the file is replaced as a
whole, and is gone when nobody renews it: old series would look like a network that is well.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NoReturn

from pydantic import BeforeValidator, Field

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.family import Family, Kind
from netwatch.exposition.store import Store
from netwatch.exposition.table import Table
from netwatch.options import Options, PositiveDuration
from netwatch.rendering import Pace, Renderer

LOG = logging.getLogger("netwatch.textfile")

TEXTFILE_FAMILIES = (
    Family(
        name="netwatch_textfile_errors_total",
        kind=Kind.COUNTER,
        help="How often the text file could not be written.",
        key="errors",
    ),
)
MODE = 0o644  # the collector runs as somebody else


class TextfileOptions(Options):
    """Which file, and how often it is written."""

    path: Annotated[str, Field(min_length=1)]
    """The file; node-exporter reads those that end in `.prom`."""
    interval: Annotated[PositiveDuration, Field(ge=0.1)] = 15.0
    """Time between two writes."""


def _from_path(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


TextfileItem = Annotated[
    TextfileOptions, BeforeValidator(_from_path, json_schema_input_type=str | TextfileOptions)
]
"""The options in full, or only the path."""


class Textfile:
    """Keeps the file that is configured; none at first."""

    def __init__(self, store: Store, renderer: Renderer, table: Table) -> None:
        """`store` is what is written, `table` (of `TEXTFILE_FAMILIES`) where errors are shown."""
        self.errors = 0
        self._store = store
        self._renderer = renderer
        self._table = table
        self._options: TextfileOptions | None = None
        self._changed = asyncio.Event()
        self._told = ""

    def configure(self, options: TextfileOptions | None) -> None:
        """Write this file from now on, and no other; None is none."""
        if options != self._options:
            self._options = options
            self._changed.set()

    async def run(self) -> NoReturn:
        """Write until cancelled; then the file is removed."""
        while True:
            self._changed.clear()
            if self._options is None:
                await self._changed.wait()
            else:
                await self._keep(Path(self._options.path), self._options.interval)

    async def _keep(self, path: Path, interval_seconds: float) -> None:
        row = self._table.add({}, self)
        try:
            while not self._changed.is_set():
                await self._renew(path)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(interval_seconds):
                        await self._changed.wait()
        finally:
            self._table.remove(row)
            self._remove(path)

    async def _renew(self, path: Path) -> None:
        """Replace the file, or have none and say why, once for each different reason."""
        rendering = await self._renderer.render(self._store.render(Dialect.TEXT))
        try:
            await _replace(path, rendering.plain())
        except OSError as error:
            self.errors += 1
            self._remove(path)
            self._say(f"{path}: not written: {error.strerror}")
        else:
            self._told = ""

    def _remove(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._say(f"{path}: not removed: {error.strerror}")

    def _say(self, why: str) -> None:
        if why != self._told:
            LOG.error("%s", why)
        self._told = why


async def _replace(path: Path, content: Iterable[bytes]) -> None:
    """Write beside `path` and rename, so that nobody reads half of it. Raises OSError."""
    beside = path.with_name(f"{path.name}.tmp")
    beside.unlink(missing_ok=True)
    try:
        await _write(beside, content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


async def _write(path: Path, content: Iterable[bytes]) -> None:
    # Only where nothing stands: a pipe would block, and a link lead elsewhere. No fsync, because
    # after a crash of the machine the file is of no use.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE), "wb") as file:
        os.fchmod(file.fileno(), MODE)  # whatever the umask is
        pace = Pace()
        for piece in content:
            file.write(piece)
            await pace.step()

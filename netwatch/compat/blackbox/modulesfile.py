"""Where the modules come from, and noticing that the file changed.

What reads them is passed in: without such a file it is not even imported, which saves 2 MiB.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Generic, NoReturn, TypeVar

from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.net.files import ChangingFile, UnreadableFileError

LOOK_SECONDS = 1.0

T = TypeVar("T")


class ModulesFile(Generic[T]):
    """The file that the latest configuration names, if any."""

    def __init__(self, read: Callable[[BlackboxOptions, str], T]) -> None:
        """`read` makes something of the text, or raises ConfigError with all that is wrong."""
        self._read = read
        self._file: ChangingFile | None = None
        self._trouble = ""

    def load(self, options: BlackboxOptions | None) -> T | None:
        """Return what is made of the file; None where it is off.

        Raises UnreadableFileError, or ConfigError with all that is wrong.
        """
        self._file = ChangingFile(Path(options.config)) if options else None
        if self._file is None or options is None:
            return None
        try:
            text = self._file.changed()
        except UnreadableFileError as error:
            self._trouble = str(error)  # it is told by whoever loads
            raise
        return self._read(options, text or "")

    async def follow(self, on_change: Callable[[], None]) -> NoReturn:
        """Call `on_change` when the file is no longer what was loaded, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._has_changed():
                on_change()

    def _has_changed(self) -> bool:
        """Look once; a file that cannot be read has changed when the reason is a new one."""
        if self._file is None:
            return False
        before, self._trouble = self._trouble, ""
        try:
            return self._file.changed() is not None
        except UnreadableFileError as error:
            self._trouble = str(error)
            return self._trouble != before

"""Where the modules come from, and noticing that the file changed."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from netwatch.compat.blackbox.modules import Module, read_modules
from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.net.files import ChangingFile, UnreadableFileError

LOOK_SECONDS = 1.0


class ModulesFile:
    """The file that the latest configuration names, if any."""

    def __init__(self) -> None:
        self._file: ChangingFile | None = None
        self._trouble = ""

    def load(self, options: BlackboxOptions | None) -> Mapping[str, Module]:
        """Read the modules; none where it is off.

        Raises UnreadableFileError, or ConfigError with all that is wrong.
        """
        self._file = ChangingFile(Path(options.config)) if options else None
        if self._file is None:
            return {}
        try:
            text = self._file.changed()
        except UnreadableFileError as error:
            self._trouble = str(error)  # it is told by whoever loads
            raise
        return read_modules(text or "", str(self._file.path))

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

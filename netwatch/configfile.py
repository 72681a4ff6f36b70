"""Where the agent's configuration comes from, and noticing that it changed."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from netwatch.config import DEFAULT_CONFIG, Config, load
from netwatch.net.files import ChangingFile, follow_file


class ConfigFile:
    """A configuration file, or the default configuration where there is none."""

    def __init__(self, path: Path | None, environ: Mapping[str, str]) -> None:
        self.path = path
        self._environ = environ
        self._text: str | None = None

    def __str__(self) -> str:
        return str(self.path) if self.path else "the default configuration"

    def load(self) -> Config:
        """Read and check it. Raises UnreadableFileError, or ConfigError with all that is wrong."""
        if self.path is None:
            return load(DEFAULT_CONFIG, "default", {})
        self._text = None
        text = ChangingFile(self.path).changed() or ""
        self._text = text
        return load(text, str(self.path), self._environ)

    async def follow(
        self, *, on_change: Callable[[], None], on_error: Callable[[str], None]
    ) -> None:
        """Call `on_change` when the file is no longer what was loaded, until cancelled."""

        def compare(text: str) -> None:
            if text != self._text:
                on_change()

        def lose(why: str) -> None:
            self._text = None
            on_error(why)

        if self.path is None:
            await asyncio.Event().wait()
        else:
            await follow_file(self.path, on_text=compare, on_error=lose)

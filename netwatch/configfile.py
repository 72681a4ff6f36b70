"""Where the agent's configuration comes from, and noticing that it changed."""

import asyncio
import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from netwatch.config import Config, load, schema
from netwatch.defaults import default_config
from netwatch.net.files import ChangingFile, follow_file
from netwatch.wire.redaction import redacted
from netwatch.wire.yaml import parse


class ConfigFile:
    """A configuration file, or the default configuration where there is none."""

    def __init__(self, path: Path | None, environ: Mapping[str, str]) -> None:
        self._file = ChangingFile(path) if path else None
        self._environ = environ
        self._text: str | None = None

    def __str__(self) -> str:
        return str(self._file.path) if self._file else "the default configuration"

    def load(self) -> Config:
        """Read and check it. Raises UnreadableFileError, or ConfigError with all that is wrong."""
        if self._file is None:
            return load(default_config(self._environ), "default", self._environ)
        self._text = None
        # `follow` may have looked at A before, and look at A again, while B is read here.
        self._file.forget()
        self._text = ChangingFile(self._file.path).changed() or ""
        return load(self._text, str(self), self._environ)

    def shown(self) -> Callable[[], str]:
        """Return how to show what was loaded last: as JSON, variables by name, no secrets.

        The first call takes 100 ms and 15 MiB, because of the schema that knows what is secret, so
        it is left to whoever asks. Later loads change nothing of what it returns.
        """
        text = self._text or default_config(self._environ)
        return functools.cache(functools.partial(_without_secrets, text))

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

        if self._file is None:
            await asyncio.Event().wait()
        else:
            await follow_file(self._file, on_text=compare, on_error=lose)


def _without_secrets(text: str) -> str:
    shown = redacted(parse(text).value, schema())
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"

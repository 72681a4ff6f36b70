"""Noticing that a file changed, by looking at it about once a second.

Looking, and not inotify: a watch on a file is lost when the file is replaced, which is how
ConfigMaps and editors write; watches on folders need one for every symbolic link on the way; the
128 instances a user may have run out on a busy node; and network file systems report nothing. A
look costs three microseconds.

Whoever writes such a file should write another one and rename it: what is written in place may be
read half.
"""

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from netwatch.schedule import until_beat

MAX_BYTES = 16 * 2**20


class UnreadableFileError(Exception):
    """The file is not there, or is no text of a bearable size; the message names it."""


class ChangingFile:
    """A text file that others replace now and then."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._looks: tuple[object, object] = (None, None)
        self._content: bytes | None = None

    def changed(self) -> str | None:
        """Return the text when it is not what it was at the last call, else None.

        Raises UnreadableFileError for as long as it cannot be read; the text is new after that.
        """
        try:
            return self._read_if_changed()
        except (OSError, ValueError) as error:
            self.forget()
            reason = error.strerror if isinstance(error, OSError) else error
            raise UnreadableFileError(f"{self.path}: {reason}") from error

    def forget(self) -> None:
        """Make the text new, whatever it is: somebody acted on what stood there in between."""
        self._looks, self._content = (None, None), None

    def _read_if_changed(self) -> str | None:
        status = self.path.stat()
        look = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
        # Two looks, because a second write within one tick of the file system's clock may leave
        # everything as the first one did.
        settled = self._looks == (look, look)
        self._looks = (self._looks[1], look)
        if settled:
            return None
        content = _read(self.path, status)
        if content == self._content:
            return None
        text = _decode(content)
        self._content = content
        return text


async def follow_file(
    file: ChangingFile,
    *,
    on_text: Callable[[str], None],
    on_error: Callable[[str], None],
    interval_seconds: float = 1.0,
) -> NoReturn:
    """Call `on_text` at once and then whenever the content changes, until cancelled.

    A file that cannot be read is told to `on_error`, once for each different reason; when it can be
    read again, `on_text` is called even if the content is the old one.
    """
    told = ""
    while True:
        try:
            text = file.changed()
        except UnreadableFileError as error:
            if str(error) != told:
                told = str(error)
                on_error(told)
        else:
            told = ""
            if text is not None:
                on_text(text)
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(until_beat(now, interval_seconds))


def _decode(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"found the byte 0x{content[error.start]:02x} in line {line}"
        raise ValueError(f"{found}, expected UTF-8") from None


def _read(path: Path, status: os.stat_result) -> bytes:
    # Opening a pipe would wait for its writer, and all of the agent with it.
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("found something else, expected a regular file")
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"found more than {MAX_BYTES} bytes, expected a smaller file")
    return content

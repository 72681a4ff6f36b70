"""Secrets, and other texts of which the configuration only says in what file they stand.

They are neither in logs nor in errors: a message says what is wrong with a secret, never what it
is.
"""

import re
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, SecretStr, WithJsonSchema

from netwatch.model import Outcome, ProbeError
from netwatch.net.files import ChangingFile, UnreadableFileError

NO_SECRET = SecretStr("")

# RFC 9110 section 5.5, less the bytes beyond ASCII that are allowed only for the sake of old times.
_HEADER_VALUE = re.compile(r"[\t -~]*")


def header_value(text: str) -> str:
    """Return `text` without the space around it, as headers have it.

    Raises ValueError for what no header can have, without repeating it.
    """
    if not _HEADER_VALUE.fullmatch(text):
        raise ValueError(
            "found a line break or another character that no header may have, expected one line "
            "of printable ASCII"
        )
    return text.strip()


def _secret(value: object) -> SecretStr:
    if not isinstance(value, str):
        raise ValueError("found something else, expected text in quotes")  # noqa: TRY004 - pydantic's
    return SecretStr(header_value(value))


Secret = Annotated[
    SecretStr,
    BeforeValidator(_secret),
    WithJsonSchema({"type": "string", "format": "password", "writeOnly": True}),
]
"""Text that is shown to nobody."""


class TextFile:
    """A text that stands in a file, and is read again when that changes."""

    def __init__(self, path: str) -> None:
        self._file = ChangingFile(Path(path))
        self._text = ""

    def text(self) -> str:
        """Return what the file says now. Raises ProbeError (LOCAL) where it cannot be read."""
        try:
            text = self._file.changed()
        except UnreadableFileError as error:
            raise ProbeError(Outcome.LOCAL, str(error)) from error
        if text is not None:
            self._text = text
        return self._text

    def header_value(self) -> str:
        """Return the file's one line. Raises ProbeError (LOCAL) where it has none, or more."""
        try:
            value = header_value(self.text().strip())
        except ValueError as error:
            raise ProbeError(Outcome.LOCAL, f"{self._file.path}: {error}") from None
        if not value:
            raise ProbeError(Outcome.LOCAL, f"{self._file.path}: found nothing, expected a line")
        return value

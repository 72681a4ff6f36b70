"""Regular expressions for what strangers send: RE2, which takes linear time whatever comes.

Syntax: https://github.com/google/re2/wiki/Syntax, as in Go; no look-around, no back-references.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netwatch.wire.document import described


class Utf8(bytes):
    """Text as patterns see it, made once for text in which many are searched for."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression; two of the same text are equal."""

    text: str
    compiled: Any = field(compare=False, repr=False)

    def __str__(self) -> str:
        return self.text

    @property
    def captures(self) -> frozenset[str]:
        """The numbers and names of its groups; "0" is all that matches."""
        numbers = map(str, range(self.compiled.groups + 1))
        return frozenset({*numbers, *self.compiled.groupindex})

    def matches(self, text: str | bytes) -> bool:
        """Whether it matches anywhere in the text; bytes that are no UTF-8 are U+FFFD to it."""
        return self.compiled.search(utf8(text)) is not None

    def search(self, text: str | bytes) -> Mapping[str, str] | None:
        """Return what its groups captured at the first match, by number and by name.

        None where nothing matches; a group that took no part has captured nothing: "".
        """
        match = self.compiled.search(utf8(text))
        if match is None:
            return None
        numbered = enumerate((match.group(), *match.groups(b"")))
        captured = {str(number): group.decode("utf-8", "replace") for number, group in numbered}
        names = self.compiled.groupindex.items()
        return captured | {name: captured[str(number)] for name, number in names}


def parse_pattern(text: object) -> Pattern:
    """Compile a regular expression; raises ValueError with what is wrong with it."""
    import re2  # noqa: PLC0415 - costs 3 MiB where nothing is ever matched

    if not isinstance(text, str):
        raise ValueError(  # noqa: TRY004 - what pydantic expects of a validator
            f"found {described(text)}, expected text"
        )
    options = re2.Options()
    options.log_errors = False
    try:
        return Pattern(text, re2.compile(utf8(text).decode(), options))
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace")
        found = f"found {described(text)} ({reason})"
        raise ValueError(f"{found}, expected a regular expression of RE2") from None


def utf8(text: str | bytes) -> Utf8:
    """Return text in UTF-8; what is none is U+FFFD."""
    if isinstance(text, Utf8):
        return text
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return Utf8(text.encode("utf-8", "replace"))

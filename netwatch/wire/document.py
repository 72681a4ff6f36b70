"""Values that were read from a text, where each of them stands in it, and what is wrong there."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

MAX_QUOTED_CHARACTERS = 60

_USER_INFO = re.compile(r"(?<=//)[^/?#\s\"]*@")

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


class Mark(NamedTuple):
    """A place in a text; both numbers start at 1, and columns count characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong at one place: what was found and what is expected, in words."""

    mark: Mark
    path: Path
    message: str

    def __str__(self) -> str:
        """`7:15: checks.nodes.probe: what is wrong`; at the root there is no path to say."""
        where = f"{dotted(self.path)}: " if self.path else ""
        return f"{self.mark.line}:{self.mark.column}: {where}{self.message}"


@dataclass(frozen=True, slots=True)
class Document:
    """What a text says (`value`: dict, list, str, int, float, bool, None), and where it says so."""

    value: Any
    keys: Mapping[Path, Mark] = field(repr=False)
    values: Mapping[Path, Mark] = field(repr=False)
    variables: Mapping[Path, str] = field(repr=False, default_factory=dict)
    """Where `${NAME}` was replaced, and what stands there in the text."""

    def where(self, path: Path) -> Mark:
        """Where the value of `path` begins; if there is none, that of the nearest around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values[path]

    def where_key(self, path: Path) -> Mark:
        """Where the key stands that `path` ends with; the value if it is in a list."""
        return self.keys.get(path) or self.where(path)


class DocumentError(ValueError):
    """All that is wrong with a text, by position; `document` is what can be read nevertheless.

    In it, a value that has a problem is null. It is None where the text is no YAML at all.
    """

    def __init__(self, problems: list[Problem], document: Document | None) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.mark))
        self.document = document
        super().__init__("\n".join(map(str, self.problems)))


def dotted(path: Path) -> str:
    """Write a path as people do: `checks.nodes.source.static[0].host`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def described(value: Any) -> str:
    """Say what was found: text in quotes, numbers as they are, `a list`, `nothing` for null.

    User info in a URL is left out: it is a secret.
    """
    match value:
        case None:
            return "nothing"
        case dict():
            return "a mapping" if value else "an empty mapping"
        case list():
            return "a list" if value else "an empty list"
        case str():
            text = without_user_info(value)
            end = "…" if len(text) > MAX_QUOTED_CHARACTERS else ""
            return json.dumps(text[:MAX_QUOTED_CHARACTERS] + end, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def without_user_info(text: str) -> str:
    """Return `text` with `…@` for the user and password of any URL in it."""
    return _USER_INFO.sub("…@", text)

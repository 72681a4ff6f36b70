"""Which names are meant: globs, as most people write them, or regular expressions of RE2."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from netwatch.wire.document import described
from netwatch.wire.pattern import Pattern, parse_pattern


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A glob such as `kubeproxy_*`, or an expression between slashes: `/(go|process)_.*/`."""

    text: str
    expression: Pattern | None = None

    def matches(self, name: str) -> bool:
        """Whether it is the whole of the name."""
        if self.expression is not None:
            return self.expression.matches(name)
        return _compiled(self.text).fullmatch(name) is not None


def matches_any(patterns: Iterable[NamePattern], name: str) -> bool:
    return any(pattern.matches(name) for pattern in patterns)


def parse_name_pattern(text: object) -> NamePattern:
    """Return the pattern. Raises ValueError with what was found and what is expected."""
    if not isinstance(text, str) or not text:
        said = f"found {described(text)}, expected a name, perhaps with * or ?, or /expression/"
        raise ValueError(said)
    if len(text) > 1 and text.startswith("/") and text.endswith("/"):
        return NamePattern(text, parse_pattern(f"^(?:{text[1:-1]})$"))
    return NamePattern(text)


NamePatternItem = Annotated[
    NamePattern,
    PlainValidator(parse_name_pattern),
    WithJsonSchema({"type": "string", "minLength": 1, "examples": ["kubeproxy_*", "/go_.*/"]}),
]


@lru_cache
def _compiled(glob: str) -> re.Pattern[str]:
    return re.compile(translate(glob))

"""`$1`, `${1}` and `${name}` in texts, as Go's regexp.Expand has them; `$$` is a dollar sign."""

import re
from collections.abc import Callable

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>\w+)\}|(?P<bare>\w+))", re.ASCII)


def expand(template: str, value_of: Callable[[str], str]) -> str:
    """Replace each reference by the value of its name; a `$` that begins none stays."""

    def value(match: re.Match[str]) -> str:
        return "$" if match["dollar"] else value_of(match["braced"] or match["bare"])

    return _REFERENCE.sub(value, template)


def has_references(template: str) -> bool:
    """Whether there is anything to replace."""
    return _REFERENCE.search(template) is not None

"""What stands at a place of a JSON document, named as in RFC 6901: `/checks/0/status`."""

import re
from typing import Any

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def parse_pointer(text: str) -> tuple[str, ...]:
    """Return the keys along the way; "" is the whole document. Raises ValueError."""
    if not _POINTER.fullmatch(text):
        raise ValueError('expected a JSON pointer such as "/status" or "/checks/0/ok"')
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def value_at(document: Any, pointer: tuple[str, ...]) -> Any:
    """Return the value that the keys lead to. Raises LookupError where there is none."""
    for key in pointer:
        match document:
            case dict():
                document = document[key]
            case list() if _INDEX.fullmatch(key):
                document = document[int(key)]
            case _:
                raise LookupError(key)
    return document


def equal(one: Any, other: Any) -> bool:
    """Whether two values of JSON are the same: unlike in Python, true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
        case list(), list():
            return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)

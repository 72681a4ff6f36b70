"""Facts as one line of `key=value` pairs (logfmt, as Prometheus and slog write it), and JSON."""

import json
import re
from collections.abc import Mapping

# What a value without quotes may not have; and what no line may, quoted or not.
_NEEDS_QUOTES = re.compile(r"[\s\"=\\]")
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def logfmt(facts: Mapping[str, object]) -> str:
    """Return the line; its keys have to be plain words."""
    return " ".join(f"{key}={_value(value)}" for key, value in facts.items())


def json_line(facts: Mapping[str, object]) -> str:
    """Return the facts as a JSON object in one line."""
    return printable(json.dumps(facts, ensure_ascii=False, default=str))


def printable(text: str) -> str:
    r"""Return `text` with `\u001b` for what would end the line, or play with a terminal.

    That is also how JSON writes such characters, so text within its quotes keeps its meaning.
    """
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _value(value: object) -> str:
    text = str(value)
    if not text or _NEEDS_QUOTES.search(text) or _UNPRINTABLE.search(text):
        return printable(json.dumps(text, ensure_ascii=False))
    return text

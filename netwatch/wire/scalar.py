"""What a plain (unquoted) YAML scalar means: the core schema of YAML 1.2, section 10.3.

YAML 1.1, which PyYAML follows, has surprises: `on` is true, `22:22` is 1342, `012` is 10 and
`2024-01-01` a date. Here all of these stay text, and octal integers (`0o17`) do too.
"""

import math
import re

_WORDS: dict[str, float | bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
# Python refuses to read integers of more than 4300 digits; nobody means such a number.
_MAX_NUMBER_CHARACTERS = 1000


def plain_value(text: str) -> str | float | bool | None:
    """Return null, a boolean, an integer or a float where `text` is one, else the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _MAX_NUMBER_CHARACTERS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, base=16)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text

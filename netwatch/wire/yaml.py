"""YAML text to plain values that know their line and column; PyYAML is spoken to here."""

import re
from collections.abc import Mapping
from typing import NoReturn

import yaml

from netwatch.wire.document import Document, DocumentError, Mark, Problem
from netwatch.wire.yaml_composer import Composer, mark_of

# The one written in C, where PyYAML has it: seven times faster.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# All but c-printable (YAML 1.2, section 5.1).
_UNPRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
)
_LINE_END = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")


def parse(text: str | bytes, environ: Mapping[str, str] | None = None) -> Document:
    """Read one YAML (or JSON) document; bytes are UTF-8.

    With `environ`, `${NAME}` in scalars is replaced after parsing, so that a value cannot become
    YAML; a plain scalar is typed after that. Raises DocumentError, and no exception of PyYAML.
    """
    text = _decode(text)
    if unprintable := _UNPRINTABLE.search(text):
        code = f"U+{ord(unprintable[0]):04X}"
        _refuse(text[: unprintable.start()], f"found the character {code}, expected printable text")
    composer = Composer(yaml.parse(text, Loader=_LOADER), environ)
    try:
        document = composer.document()
    except yaml.MarkedYAMLError as error:
        raise DocumentError([*composer.problems, _syntax_problem(error, text)], None) from None
    if composer.problems:
        raise DocumentError(composer.problems, document)
    return document


def _decode(text: str | bytes) -> str:
    try:
        decoded = text if isinstance(text, str) else text.decode()
    except UnicodeDecodeError as error:
        found = f"found the byte 0x{error.object[error.start]:02x}, expected UTF-8"
        _refuse(error.object[: error.start].decode(), found)
    return decoded.removeprefix("\ufeff")


def _refuse(before: str, message: str) -> NoReturn:
    """Raise for what stands after `before`."""
    lines = _LINE_END.split(before)
    raise DocumentError([Problem(Mark(len(lines), len(lines[-1]) + 1), (), message)], None)


def _syntax_problem(error: yaml.MarkedYAMLError, text: str) -> Problem:
    """Say what the parser says, in the words of those who write files."""
    mark, context = mark_of(error.problem_mark), error.context_mark
    lines = [*_LINE_END.split(text), "", ""]
    before, after = lines[mark.line - 1][: mark.column - 1], lines[mark.line - 1][mark.column - 1 :]
    problem = (error.problem or "").replace("did not find expected", "expected")
    if before.endswith("$") and after.startswith("{"):
        message = 'found ${ inside [ ] or { }, expected the value in quotes, as in "${NAME}"'
    elif "cannot start any token" in problem and after.startswith("\t"):
        message = "found a tab, expected spaces"
    elif "cannot start any token" in problem:
        message = f"found {after[:1]} at the start of a value, expected the value in quotes"
    elif problem.startswith("mapping values are not allowed"):
        message = 'found ":" in a value, expected the value in quotes, or another indentation'
    elif problem == "could not find expected ':'" and context:
        mark, message = mark_of(context), 'found a line without ":", expected "key: value"'
    elif problem == "found unexpected end of stream" and context:
        mark, message = mark_of(context), "found quoted text without end, expected a closing quote"
    else:
        begun = "at {}:{}".format(*mark_of(context)) if context else ""
        message = " ".join(filter(None, ("not YAML:", problem, error.context, begun)))
    return Problem(mark, (), message)

"""YAML text to a validated model, or all that is wrong with it: plain words, line and column."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from netwatch.wire.document import Document, DocumentError, Path, Problem, described
from netwatch.wire.duration import format_duration
from netwatch.wire.yaml import parse

ModelT = TypeVar("ModelT", bound=BaseModel)

JsonSchema = Mapping[str, Any]

# What our validators say: what was found, unless it is plain, and what is expected.
_SAID = re.compile(r"(?:(.*), )?expected (.*)", re.DOTALL)

_EXPECTED = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "list_type": "a list",
    "literal_error": "{expected}",
    "model_type": "a mapping",
    "multiple_of": "a multiple of {multiple_of}",
    "none_required": "nothing",
    "string_pattern_mismatch": "text like {pattern}",
    "string_too_long": "{max_length} or fewer characters",
    "string_too_short": "{min_length} or more characters",
    "string_type": "text",
    "too_long": "{max_length} or fewer entries",
    "too_short": "{min_length} or more entries",
}
_KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}


class ConfigError(Exception):
    """A configuration is wrong; one line for each error, `file:line:column: path: …`."""

    def __init__(self, file_name: str, problems: list[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.mark))
        super().__init__("\n".join(f"{file_name}:{problem}" for problem in self.problems))


def read(
    model: type[ModelT],
    text: str | bytes,
    file_name: str,
    environ: Mapping[str, str] | None = None,
    *,
    prepare: Callable[[Document], Document] = lambda document: document,
    also: Callable[[ModelT, Document], Iterable[Problem]] = lambda _model, _document: (),
) -> ModelT:
    """Read and check a document; `file_name` is for messages, `environ` for `${NAME}`.

    `prepare` may add to the document before it is checked; `also` finds what is wrong with a model
    that is valid as such. Raises ConfigError with all that is wrong, as far as it can be known.
    """
    problems: list[Problem] = []
    try:
        document = parse(text, environ)
    except DocumentError as error:
        problems += error.problems
        if error.document is None:
            raise ConfigError(file_name, problems) from None
        document = error.document
    document = prepare(document)
    try:
        found = model.model_validate(document.value)
    except ValidationError as error:
        # A value that could not be read is null: once that was said, null is no news.
        said = {problem.mark for problem in problems}
        wrong = explain(error, document, model.model_json_schema())
        problems += [problem for problem in wrong if problem.mark not in said]
    else:
        problems += also(found, document)
        if not problems:
            return found
    raise ConfigError(file_name, problems)


def explain(error: ValidationError, document: Document, schema: JsonSchema) -> list[Problem]:
    """Return one problem for every place that is wrong; `schema` knows the keys of each place."""
    wrong: dict[tuple[Path, bool], list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        about_key = detail["type"] == "extra_forbidden" or detail["loc"][-1:] == ("[key]",)
        # The alternatives of a union are one place: each says what it would have accepted.
        wrong.setdefault((_path(detail, document.value), about_key), []).append(detail)
    return [
        Problem(
            document.where_key(path) if about_key else document.where(path),
            path,
            _message(path, details, schema),
        )
        for (path, about_key), details in wrong.items()
    ]


def _path(detail: ErrorDetails, value: Any) -> Path:
    """Keep what is a key or an index of the document: pydantic also names its own validators."""
    path: Path = ()
    for part in detail["loc"]:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            continue
        path = (*path, part)
    return (*path, detail["loc"][-1]) if detail["type"] == "missing" else path


def _message(path: Path, details: list[ErrorDetails], schema: JsonSchema) -> str:
    match details[0]["type"]:
        case "extra_forbidden":
            places = _places(schema, path[:-1])
            known = sorted({key for place in places for key in place.get("properties", ())})
            return _unknown_key(str(path[-1]), known)
        case "missing":
            kinds = (_KINDS.get(place.get("type", "")) for place in _places(schema, path))
            return f"missing, expected {' or '.join(filter(None, kinds)) or 'a value'}"
    found = [_found_and_expected(detail) for detail in details]
    expected = dict.fromkeys(text for _, text in found if text)
    return ", expected ".join(filter(None, (found[0][0], " or ".join(expected))))


def _unknown_key(key: str, known: list[str]) -> str:
    nearest = get_close_matches(key, known, n=1)
    guess = f', did you mean "{nearest[0]}"? ' if nearest else ", "
    return f"unknown key{guess}expected one of {', '.join(known)}"


def _found_and_expected(detail: ErrorDetails) -> tuple[str, str]:
    found = f"found {described(detail['input'])}"
    facts = {name: _readable(fact, detail) for name, fact in detail.get("ctx", {}).items()}
    if "error" in facts:
        said = str(facts["error"])
        match = _SAID.fullmatch(said)
        return (match[1] or found, match[2]) if match else (said, "")
    if detail["type"] == "string_type" and isinstance(detail["input"], int | float):
        return found, "text in quotes"
    if detail["type"] in _EXPECTED:
        return found, _EXPECTED[detail["type"]].format(**facts)
    return found, detail["msg"].removeprefix("Input should be ")


def _readable(fact: Any, detail: ErrorDetails) -> Any:
    match fact:
        case float() | int() if isinstance(detail["input"], str) and "than" in detail["type"]:
            # The limit of a duration, which was compared in seconds.
            return format_duration(fact)
        case float() if fact.is_integer():
            return int(fact)
        case str() if detail["type"] == "literal_error":
            return fact.replace("'", "")
    return fact


def _places(schema: JsonSchema, path: Path) -> list[JsonSchema]:
    """Return the parts of `schema` that may describe what is at `path`, alternatives resolved."""
    places = list(alternatives(schema, schema))
    for part in path:
        inner = [_inside(place, part) for place in places]
        places = [choice for place in inner if place for choice in alternatives(schema, place)]
    return places


def alternatives(schema: JsonSchema, place: JsonSchema) -> Iterator[JsonSchema]:
    """Yield what a place may be, references followed: several where it is a union."""
    if "$ref" in place:
        place = schema["$defs"][place["$ref"].rpartition("/")[2]]
    for choice in place.get("anyOf", ()):
        yield from alternatives(schema, choice)
    if "anyOf" not in place:
        yield place


def _inside(place: JsonSchema, part: str | int) -> JsonSchema | None:
    if isinstance(part, int):
        return place.get("items")
    named = (*place.get("patternProperties", {}).values(), place.get("additionalProperties"))
    return place.get("properties", {}).get(part) or next(filter(None, named), None)

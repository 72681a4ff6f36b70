"""The options of a probe as flags of a command line, by their JSON schema.

`valid_status` becomes `--valid-status`, and `ca_file` inside of `tls` `--tls.ca-file`. Flags
of lists may be repeated, those of mappings take `NAME=VALUE`, and what is no plain text is YAML.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from netwatch.options import Options
from netwatch.validation import explain
from netwatch.wire.document import Document, DocumentError, Mark, Path
from netwatch.wire.duration import DURATION_PATTERN, format_duration
from netwatch.wire.jsonschema import JsonSchema, alternatives
from netwatch.wire.yaml import parse as parse_yaml

OptionsT = TypeVar("OptionsT", bound=Options)

Form = Literal["switch", "group", "one", "list", "mapping"]
"""Whether it is on or off, begins options inside of it, or takes a value, or several."""

_METAVARS = {"string": "TEXT", "integer": "N", "number": "N"}


@dataclass(frozen=True, slots=True)
class Flag:
    """The option at `path`; where it does not take only text, a value is read as YAML."""

    path: tuple[str, ...]
    form: Form
    takes_text: bool
    metavar: str
    help: str

    @property
    def name(self) -> str:
        return flag_name(self.path)

    @property
    def dest(self) -> str:
        """Where argparse keeps what was said; no other argument is called so."""
        return self.name

    def add_to(self, parser: argparse.ArgumentParser, short: Sequence[str] = ()) -> None:
        """Register it; what is not said is None."""
        names = (*short, self.name)
        if self.form == "switch":
            switch = argparse.BooleanOptionalAction
            parser.add_argument(*names, dest=self.dest, action=switch, help=self.help)
        elif self.form == "group":
            parser.add_argument(
                *names, dest=self.dest, action="store_const", const=True, help=self.help
            )
        else:
            action = "store" if self.form == "one" else "append"
            parser.add_argument(
                *names, dest=self.dest, action=action, metavar=self.metavar, help=self.help
            )

    def value(self, said: Any) -> Any:
        """Return what argparse kept as the value of the option. Raises ValueError."""
        match self.form:
            case "group":
                return {}
            case "one":
                return self._read(said)
            case "list":
                return [self._read(text) for text in said]
            case "mapping":
                return {name: self._read(text) for name, text in map(self._pair, said)}
        return said

    def _read(self, text: str) -> Any:
        if self.takes_text:
            return text
        try:
            return parse_yaml(text).value
        except DocumentError as error:
            raise ValueError(f"{self.name}: {error.problems[0].message}") from None

    def _pair(self, text: str) -> tuple[str, str]:
        name, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"{self.name}: found {text!r}, expected NAME=VALUE")
        return name, value


def flag_name(path: Path) -> str:
    """Return the flag of the option at `path`, or inside of it: `--tls.ca-file`."""
    return "--" + ".".join(part for part in path if isinstance(part, str)).replace("_", "-")


def flags_of(options: type[Options]) -> list[Flag]:
    """Return a flag for each option, also for the options inside of options."""
    schema = options.model_json_schema()
    return list(_flags(schema, schema, ()))


def said_in(args: argparse.Namespace, flags: Sequence[Flag]) -> dict[str, Any]:
    """Return the options that the arguments say, as a configuration would. Raises ValueError."""
    options: dict[str, Any] = {}
    for flag in flags:
        said = getattr(args, flag.dest)
        if said is not None:
            inner = options
            for key in flag.path[:-1]:
                inner = inner.setdefault(key, {})
            inner[flag.path[-1]] = flag.value(said)
    return options


def validated(
    options: type[OptionsT], said: Mapping[str, Any], names: Mapping[str, str] | None = None
) -> OptionsT:
    """Return the options. Raises ValueError that names the flags, `names` those by another name."""
    try:
        return options.model_validate(said)
    except ValidationError as error:
        document = Document(dict(said), {}, {(): Mark(1, 1)})
        problems = explain(error, document, options.model_json_schema())
    told = ((_flag_at(problem.path, names or {}), problem.message) for problem in problems)
    raise ValueError("; ".join(": ".join(filter(None, words)) for words in told))


def _flag_at(path: Path, names: Mapping[str, str]) -> str:
    return names.get(str(path[0]), flag_name(path)) if path else ""


def _flags(schema: JsonSchema, place: JsonSchema, path: tuple[str, ...]) -> Iterator[Flag]:
    for key, inner in place.get("properties", {}).items():
        accepted = list(alternatives(schema, inner))
        kinds = [kind for kind in accepted if kind.get("type") != "null"]
        if len(kinds) == 1 and "properties" in kinds[0]:
            if len(accepted) > 1:  # absent by default, and there with all its defaults
                yield Flag((*path, key), "group", takes_text=False, metavar="", help=_help(inner))
            yield from _flags(schema, kinds[0], (*path, key))
        else:
            yield _flag(schema, (*path, key), inner, kinds)


def _flag(
    schema: JsonSchema, path: tuple[str, ...], place: JsonSchema, kinds: list[JsonSchema]
) -> Flag:
    form: Form = "one"
    types = {kind.get("type") for kind in kinds}
    if types == {"boolean"}:
        form = "switch"
    elif "array" in types:
        form = "list"
        items = next(kind.get("items", {}) for kind in kinds if kind.get("type") == "array")
        kinds = list(alternatives(schema, items))
    elif types == {"object"}:
        form = "mapping"
        kinds = list(alternatives(schema, _values(kinds[0])))
    metavar = _metavar(kinds)
    takes_text = {kind.get("type") for kind in kinds} == {"string"}
    named = f"NAME={metavar}" if form == "mapping" else metavar
    return Flag(path, form, takes_text, named, _help(place, metavar))


def _values(mapping: JsonSchema) -> JsonSchema:
    patterns: Mapping[str, JsonSchema] = mapping.get("patternProperties", {})
    other = mapping.get("additionalProperties")
    return next(iter(patterns.values()), other if isinstance(other, dict) else {})


def _metavar(kinds: list[JsonSchema]) -> str:
    if any(kind.get("pattern") == DURATION_PATTERN for kind in kinds):
        return "DURATION"
    if choices := [str(choice) for kind in kinds for choice in kind.get("enum", ()) if choice]:
        return "|".join(choices)
    types = {kind.get("type", "") for kind in kinds}
    return _METAVARS.get(types.pop(), "YAML") if len(types) == 1 else "VALUE"


def _help(place: JsonSchema, metavar: str = "") -> str:
    """Return the description and the default, as argparse wants them."""
    words, default = place.get("description", ""), place.get("default")
    if metavar == "DURATION" and isinstance(default, float | int):
        default = format_duration(default)
    if isinstance(default, str | int | float) and default != "":
        words += f" (default {default})"
    return str(words).replace("%", "%%")

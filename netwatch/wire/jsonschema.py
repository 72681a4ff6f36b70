"""Finding one's way in a JSON schema (2020-12), as far as pydantic writes it."""

from collections.abc import Iterator, Mapping
from typing import Any

from netwatch.wire.document import Path

JsonSchema = Mapping[str, Any]


def places(schema: JsonSchema, path: Path) -> list[JsonSchema]:
    """Return the parts of `schema` that may describe what is at `path`, alternatives resolved."""
    found = list(alternatives(schema, schema))
    for part in path:
        found = list(inside(schema, found, part))
    return found


def inside(schema: JsonSchema, outer: list[JsonSchema], part: str | int) -> Iterator[JsonSchema]:
    """Yield the parts that may describe what is at a key, or an index, of `outer`."""
    for place in outer:
        if inner := _inner(place, part):
            yield from alternatives(schema, inner)


def alternatives(schema: JsonSchema, place: JsonSchema) -> Iterator[JsonSchema]:
    """Yield what a place may be, references followed: several where it is a union."""
    if "$ref" in place:
        place = schema["$defs"][place["$ref"].rpartition("/")[2]]
    for choice in place.get("anyOf", ()):
        yield from alternatives(schema, choice)
    if "anyOf" not in place:
        yield place


def _inner(place: JsonSchema, part: str | int) -> JsonSchema | None:
    if isinstance(part, int):
        return place.get("items")
    named = (*place.get("patternProperties", {}).values(), place.get("additionalProperties"))
    return place.get("properties", {}).get(part) or next(filter(None, named), None)

"""What may be shown of a document: nothing that its schema calls `writeOnly`.

So a secret is said to be one where its option is declared, and errors and whatever shows a
configuration follow from that.
"""

from typing import Any

from netwatch.wire.document import Path, without_user_info
from netwatch.wire.jsonschema import JsonSchema, alternatives, inside

MASK = "**********"
"""Stands for a secret, as pydantic writes one."""


def redacted(value: Any, schema: JsonSchema) -> Any:
    """Return a document's value with a mask for each secret, and for user info in any URL."""
    return _shown(value, list(alternatives(schema, schema)), schema)


def is_secret(path: Path, schema: JsonSchema) -> bool:
    """Tell whether what stands at `path` may be a secret, or have one in it that stands amiss.

    That is so inside of what is secret, and one level above: `basic_auth: "user:password"`.
    """
    found = list(alternatives(schema, schema))
    for part in path:
        if _is_write_only(found):
            return True
        found = list(inside(schema, found, part))
    parts = (part for place in found for part in place.get("properties", {}).values())
    extra = (place.get("additionalProperties") or {} for place in found)
    return _is_write_only([*found, *parts, *extra])


def _is_write_only(found: list[JsonSchema]) -> bool:
    return any(place.get("writeOnly") for place in found if isinstance(place, dict))


def _shown(value: Any, found: list[JsonSchema], schema: JsonSchema) -> Any:
    is_masked = _is_write_only(found)
    match value:
        case dict() if is_masked:
            return {key: _masked(inner) for key, inner in value.items()}
        case _ if is_masked:
            return _masked(value)
        case dict():
            return {
                key: _shown(inner, list(inside(schema, found, key)), schema)
                for key, inner in value.items()
            }
        case list():
            items = list(inside(schema, found, 0))
            return [_shown(item, items, schema) for item in value]
        case str():
            return without_user_info(value)
    return value


def _masked(value: Any) -> Any:
    """Return a mask, but for what is empty: that there is nothing is no secret."""
    return MASK if value else value

from typing import Any

from netwatch.wire.jsonschema import alternatives, places

SCHEMA: dict[str, Any] = {
    "properties": {
        "port": {"type": "integer"},
        "tls": {"anyOf": [{"$ref": "#/$defs/Tls"}, {"type": "null"}]},
        "checks": {"patternProperties": {"^a": {"$ref": "#/$defs/Check"}}},
        "labels": {"additionalProperties": {"type": "string"}},
        "steps": {"items": {"$ref": "#/$defs/Check"}},
    },
    "$defs": {
        "Tls": {"properties": {"ca_file": {"type": "string"}}},
        "Check": {"properties": {"interval": {"type": "number"}}},
    },
}


def test_every_kind_of_place_is_found() -> None:
    assert places(SCHEMA, ()) == [SCHEMA]
    assert places(SCHEMA, ("port",)) == [{"type": "integer"}]
    assert places(SCHEMA, ("tls", "ca_file")) == [{"type": "string"}]
    assert places(SCHEMA, ("checks", "any", "interval")) == [{"type": "number"}]
    assert places(SCHEMA, ("labels", "team")) == [{"type": "string"}]
    assert places(SCHEMA, ("steps", 3, "interval")) == [{"type": "number"}]


def test_what_is_not_there_is_not_found() -> None:
    assert places(SCHEMA, ("nowhere",)) == []
    assert places(SCHEMA, ("port", 0)) == []


def test_a_union_is_all_of_its_choices() -> None:
    place = SCHEMA["properties"]["tls"]
    assert list(alternatives(SCHEMA, place)) == [SCHEMA["$defs"]["Tls"], {"type": "null"}]

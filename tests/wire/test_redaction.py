from typing import Any

import pytest

from netwatch.wire.document import Path
from netwatch.wire.redaction import MASK, is_secret, redacted

SCHEMA: dict[str, Any] = {
    "properties": {
        "name": {"type": "string"},
        "auth": {"anyOf": [{"$ref": "#/$defs/Auth"}, {"type": "null"}]},
        "headers": {"additionalProperties": {"type": "string"}, "writeOnly": True},
        "users": {"additionalProperties": {"type": "string", "writeOnly": True}},
        "steps": {"items": {"properties": {"send": {"writeOnly": True}}}},
    },
    "$defs": {
        "Auth": {
            "properties": {"user": {"type": "string"}, "password": {"writeOnly": True}},
        }
    },
}


def test_secrets_are_masked_wherever_they_stand_and_nothing_else_is() -> None:
    shown = redacted(
        {
            "name": "wiki",
            "auth": {"user": "me", "password": "secret"},
            "headers": {"Cookie": "secret"},
            "users": {"alice": "secret"},
            "steps": [{"expect": "220", "send": "PASS secret"}],
        },
        SCHEMA,
    )
    assert shown == {
        "name": "wiki",
        "auth": {"user": "me", "password": MASK},
        "headers": {"Cookie": MASK},
        "users": {"alice": MASK},
        "steps": [{"expect": "220", "send": MASK}],
    }


def test_that_there_is_nothing_is_no_secret() -> None:
    value = {"auth": {"password": ""}, "headers": None, "users": {}, "steps": [{"send": None}]}
    assert redacted(value, SCHEMA) == value


def test_user_info_is_left_out_of_urls() -> None:
    assert redacted({"name": "http://me:secret@proxy:3128/?a=b@c"}, SCHEMA) == {
        "name": "http://…@proxy:3128/?a=b@c"
    }


@pytest.mark.parametrize(
    ("path", "secret"),
    [
        (("auth", "password"), True),
        (("auth",), True),
        (("headers",), True),
        (("headers", "Cookie"), True),
        (("headers", "Cookie", 0), True),
        (("users",), True),
        (("users", "alice"), True),
        (("steps", 0, "send"), True),
        (("steps", 0), True),
        (("auth", "user"), False),
        (("name",), False),
        (("steps",), False),
    ],
)
def test_what_stands_where_a_secret_may_stand_may_be_one(path: Path, *, secret: bool) -> None:
    assert is_secret(path, SCHEMA) is secret

"""Makes the schema of the chart's values: from values.yaml, and from netwatch's configuration.

A key of values.yaml may hold what its default holds: the same type, and for mappings the same
keys. What Kubernetes and Prometheus themselves define is left to them. `python -m
scripts.values_schema` prints it; scripts/chart writes it into the chart.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netwatch.config import schema
from netwatch.logs import FORMATS, LEVELS
from netwatch.wire.document import Document
from netwatch.wire.document import Path as Keys
from netwatch.wire.yaml import parse

VALUES = Path(__file__).parent.parent / "charts" / "netwatch" / "values.yaml"

JsonSchema = dict[str, Any]

OTHERS_TO_CHECK = {
    ("affinity",),
    ("dashboards", "labels"),
    ("livenessProbe",),
    ("nodeSelector",),
    ("readinessProbe",),
    ("resources",),
    ("updateStrategy",),
}
"""Mappings that have defaults here, and whose keys others define."""

LIMITS: dict[Keys, JsonSchema] = {
    ("image", "pullPolicy"): {"enum": ["Always", "IfNotPresent", "Never"]},
    ("log", "format"): {"enum": list(FORMATS)},
    ("log", "level"): {"enum": list(LEVELS)},
    ("minReadySeconds",): {"minimum": 0},
    ("monitor", "kind"): {"enum": ["ServiceMonitor", "PodMonitor", "annotations", "none"]},
    ("port",): {"minimum": 1, "maximum": 65535},
    ("scheme",): {"enum": ["HTTP", "HTTPS"]},
}


def values_schema(text: str) -> JsonSchema:
    """Return the schema of the values whose defaults are `text`."""
    document = parse(text, {})
    config = schema()
    made = _schema(document, text.splitlines(), (), document.value)
    properties = made["properties"]
    keys = config["properties"]
    checks = {key: limit for key, limit in keys.pop("checks").items() if key != "minProperties"}
    properties["defaults"] = keys.pop("defaults")
    others = {"type": "object", "properties": keys, "additionalProperties": False}
    for place in (properties, properties["podNetwork"]["properties"]):
        place["checks"] = checks | {"description": place["checks"]["description"]}
        place["config"] = others | {"description": place["config"]["description"]}
    properties["global"] = {"description": "Helm's own: values for subcharts.", "type": "object"}
    return {
        # Older versions of Helm know no later one; this schema means the same in both.
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Values of the chart netwatch",
        "$defs": config["$defs"],
        **made,
    }


def _schema(document: Document, lines: list[str], path: Keys, default: Any) -> JsonSchema:
    found: JsonSchema = {"description": text} if (text := _described(document, lines, path)) else {}
    match default:
        case dict() if default and path not in OTHERS_TO_CHECK:
            inside = {k: _schema(document, lines, (*path, k), v) for k, v in default.items()}
            found |= {"type": "object", "properties": inside, "additionalProperties": False}
        case dict():
            found |= {"type": "object"}
        case list():
            found |= {"type": "array"}
        case bool():
            found |= {"type": "boolean"}
        case int():
            found |= {"type": "integer"}
        case _:
            found |= {"type": "string"}
    return found | LIMITS.get(path, {})


def _described(document: Document, lines: list[str], path: Keys) -> str:
    """Return the comment above a key, from its `# --` on."""
    if not path:
        return ""
    words = " ".join(reversed(list(_comment_above(lines, document.keys[path].line - 1))))
    return words.partition("-- ")[2]


def _comment_above(lines: list[str], line: int) -> Iterator[str]:
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        yield lines[line].lstrip("# ").rstrip()


if __name__ == "__main__":
    print(json.dumps(values_schema(VALUES.read_text()), indent=2))

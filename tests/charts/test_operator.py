"""The Prometheus operator would take every object of its kinds.

The schemas are those of its custom resources; README.md beside them says where they come from.
"""

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

from tests.charts.helm import ROOT, Object, Values, objects
from tests.charts.matrix import MATRIX

SCHEMAS = {path.stem: path for path in (ROOT / "tests/fixtures/prometheus-operator").glob("*.json")}


def strict(node: Any) -> Any:
    """Refuse unknown fields, which an API server would drop without a word."""
    match node:
        case list():
            return [strict(item) for item in node]
        case {"properties": dict()}:
            return {"additionalProperties": False} | {key: strict(node[key]) for key in node}
        case dict():
            return {key: strict(value) for key, value in node.items()}
    return node


@cache
def validator(kind: str) -> Any:
    return jsonschema.Draft202012Validator(strict(json.loads(SCHEMAS[kind].read_text())))


def of_the_operator(values: Values) -> list[Object]:
    return [
        one for one in objects(values) if one["apiVersion"].startswith("monitoring.coreos.com/")
    ]


def complaints(found: Object) -> list[str]:
    return [error.message for error in validator(found["kind"]).iter_errors(found)]


def test_the_matrix_has_every_kind() -> None:
    kinds = {found["kind"] for values in MATRIX.values() for found in of_the_operator(values)}
    assert kinds == set(SCHEMAS)


@pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)
def test_the_operator_takes_every_object(values: Values) -> None:
    for found in of_the_operator(values):
        assert complaints(found) == []


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor"])
@pytest.mark.parametrize(
    "mistake", [{"intervall": "1s"}, {"tlsConfig": {"cafile": "a"}}, {"honorLabels": "yes"}]
)
def test_a_mistake_in_the_endpoint_would_be_noticed(kind: str, mistake: Values) -> None:
    [monitor] = [
        found
        for found in of_the_operator({"monitor": {"kind": kind, "endpoint": mistake}})
        if found["kind"] == kind
    ]
    assert complaints(monitor)


def test_a_mistake_in_a_rule_would_be_noticed() -> None:
    rules = next(one for one in of_the_operator({}) if one["kind"] == "PrometheusRule")
    assert complaints(rules) == []
    group = {"name": "a", "rules": [{"alert": "A", "expr": "1", "four": "1m"}]}
    assert complaints({**rules, "spec": {"groups": [group]}})

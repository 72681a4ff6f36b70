"""Whatever the values, Helm renders and lints the chart, and Kubernetes would take it."""

import json
from functools import cache

import kubernetes_validate
import pytest

from netwatch.config import load
from tests.charts.helm import Values, complaints, objects
from tests.charts.matrix import MATRIX

OLDEST = (1, 28)
VERSIONS = [
    version
    for version in kubernetes_validate.utils.all_versions()
    if "strict" not in version and tuple(map(int, version.split(".")[:2])) >= OLDEST
]
OPERATORS_OWN = "monitoring.coreos.com/v1"  # tests/charts/test_operator.py
AS_IN_A_POD = {"POD_IP": "fd00::7", "HOST_IP": "fd00::7", "NODE_NAME": "n", "SITE": "north"}


@cache
def check_against(version: str, text: str) -> None:
    """Raise where that Kubernetes refuses an object; many objects are the same for all values."""
    kubernetes_validate.validate(json.loads(text), version, strict=True)


every_value = pytest.mark.parametrize("values", MATRIX.values(), ids=MATRIX)


@every_value
def test_the_linter_has_nothing_to_say(values: Values) -> None:
    assert complaints(values) == []


@every_value
def test_every_supported_kubernetes_takes_every_object(values: Values) -> None:
    assert len(VERSIONS) >= 9
    known = [found for found in objects(values) if found["apiVersion"] != OPERATORS_OWN]
    for version in VERSIONS:
        for found in known:
            check_against(version, json.dumps(found))


@every_value
def test_no_two_objects_are_one(values: Values) -> None:
    found = [
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in objects(values)
    ]
    assert len(found) == len(set(found))


@every_value
def test_every_name_fits_into_a_label(values: Values) -> None:
    long = "a-release-whose-name-has-as-many-letters-as-helm-has"
    for found in objects(values, release=long):
        assert len(found["metadata"]["name"]) <= 63


@every_value
def test_the_agents_take_their_configuration(values: Values) -> None:
    for found in objects(values):
        if "netwatch.yaml" in found.get("data", {}):
            config = load(found["data"]["netwatch.yaml"], "netwatch.yaml", AS_IN_A_POD)
            assert config.checks

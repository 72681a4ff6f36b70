"""The values of the chart: documented, and held to their schema."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from netwatch import __version__
from scripts.values_schema import VALUES, values_schema
from tests.charts.helm import CHART, RefusedError, Values, objects, render

CHECK = {"source": {"static": ["10.0.0.7"]}, "probe": {"icmp": {}}}


def test_the_schema_is_up_to_date() -> None:
    """`scripts/chart` writes it."""
    assert json.loads((CHART / "values.schema.json").read_text()) == values_schema(
        VALUES.read_text()
    )


def leaves(values: Mapping[str, Any], schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield each value that has no more values inside, and none of its own description."""
    for name, value in values.items():
        inner = schema["properties"][name]
        if isinstance(value, dict) and "properties" in inner:
            yield from leaves(value, inner, f"{path}{name}.")
        elif not inner.get("description"):
            yield f"{path}{name}"


def test_every_value_has_a_comment() -> None:
    values = yaml.safe_load(VALUES.read_text())
    schema = values_schema(VALUES.read_text())
    schema["properties"]["defaults"] = schema["$defs"]["DefaultsOptions"]
    assert list(leaves(values, schema)) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"chekcs": {}}, "additional properties 'chekcs' not allowed"),
        ({"image": {"tga": "1"}}, "at '/image': additional properties 'tga' not allowed"),
        ({"port": "9847"}, "at '/port': got string, want integer"),
        ({"port": 0}, "at '/port': minimum: got 0, want 1"),
        ({"log": {"format": "xml"}}, "at '/log/format': value must be one of 'text', 'logfmt', 'j"),
        ({"config": {"checks": {}}}, "at '/config': additional properties 'checks' not allowed"),
        ({"config": {"compat": {"pingexporter": True}}}, "additional properties 'pingexporter'"),
        ({"defaults": {"without": "nodes"}}, "at '/defaults/without': got string, want array"),
        ({"checks": {"a b": CHECK}}, "at '/checks': additional properties 'a b' not allowed"),
        ({"checks": {"a": {**CHECK, "probes": {}}}}, "additional properties 'probes' not allowed"),
        (
            {"checks": {"a": {**CHECK, "probe": {"icmp": {"intervall": "1s"}}}}},
            "at '/checks/a/probe/icmp': additional properties 'intervall' not allowed",
        ),
        (
            {"podNetwork": {"checks": {"a": {**CHECK, "probe": {"icmp": {"interval": 5}}}}}},
            "at '/podNetwork/checks/a/probe/icmp/interval': got number, want string",
        ),
    ],
)
def test_a_mistake_is_refused_at_its_place(values: Values, message: str) -> None:
    with pytest.raises(RefusedError, match=re.escape(message)):
        render(values)


def test_what_kubernetes_defines_is_left_to_kubernetes() -> None:
    objects({"updateStrategy": {"rollingUpdate": {"maxUnavailable": 1}}, "global": {"a": 1}})


def test_the_chart_is_of_the_version_of_netwatch() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert (chart["version"], chart["appVersion"]) == (__version__, __version__)


def test_the_notes_say_what_to_look_at() -> None:
    notes = render({"monitor": {"kind": "none"}}, release="mesh", namespace="net")[
        "templates/NOTES.txt"
    ]
    assert "kubectl -n net exec ds/mesh-netwatch -- netwatch probe" in notes
    assert "kubectl -n net port-forward ds/mesh-netwatch 9847" in notes
    assert "nothing scrapes the agents" in notes


def test_the_notes_warn_of_the_address_of_the_node_where_the_agent_is_on_it() -> None:
    assert "without authentication" in render()["templates/NOTES.txt"]
    pods = {"hostNetwork": {"enabled": False}, "podNetwork": {"enabled": True}}
    notes = render(pods)["templates/NOTES.txt"]
    assert "without authentication" not in notes
    assert "exec ds/netwatch-pod" in notes


def test_the_notes_say_how_the_page_is_reached() -> None:
    assert "at http://127.0.0.1:9847/:" in render()["templates/NOTES.txt"]
    assert "at https://127.0.0.1:9847/:" in render({"scheme": "HTTPS"})["templates/NOTES.txt"]

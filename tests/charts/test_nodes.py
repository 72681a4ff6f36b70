"""The nodes that the default checks probe are those that have agents: others would be missed."""

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from netwatch.config import load
from netwatch.defaults import CLUSTER_CONFIG
from netwatch.sources.nodes import NodesOptions
from tests.charts.helm import Values, objects, of_kind, render
from tests.charts.matrix import A_CHECK, MATRIX
from tests.kubernetes.selector import is_selected

Labels = Mapping[str, str]

LABELS: dict[str, tuple[str | None, ...]] = {
    "kubernetes.io/os": ("linux", "windows", None),
    "type": ("virtual-kubelet", None),
    "eks.amazonaws.com/compute-type": ("ec2", "fargate", None),
    "pool": ("a", "b", None),
    "spot": ("true", None),
}
NODES: list[Labels] = [
    {key: value for key, value in zip(LABELS, values, strict=True) if value is not None}
    for values in itertools.product(*LABELS.values())
]


def runs_on(pod: Mapping[str, Any], node: Labels) -> bool:
    """Tell whether the scheduler would, by labels alone."""
    terms = (
        pod.get("affinity", {})
        .get("nodeAffinity", {})
        .get("requiredDuringSchedulingIgnoredDuringExecution", {})
        .get("nodeSelectorTerms", [])
    )
    is_chosen = not terms or any(
        all(suits(node, **expression) for expression in term["matchExpressions"]) for term in terms
    )
    return is_chosen and pod.get("nodeSelector", {}).items() <= node.items()


def suits(node: Labels, key: str, operator: str, values: tuple[str, ...] = ()) -> bool:
    match operator:
        case "In" | "NotIn":
            return (node.get(key) in values) is (operator == "In")
        case _:
            return (key in node) is (operator == "Exists")


def pods(values: Values) -> list[Any]:
    """Return those of the agents."""
    daemons = of_kind("DaemonSet", objects(values)).values()
    return [daemon["spec"]["template"]["spec"] for daemon in daemons]


def selectors(pod: Mapping[str, Any]) -> set[str]:
    """Return by what the default checks choose nodes in a pod."""
    [container] = pod["containers"]
    environ = {one["name"]: one["value"] for one in container["env"] if "value" in one}
    sources = [one.source_options for one in load(CLUSTER_CONFIG, "f", environ).checks.values()]
    return {source.selector for source in sources if isinstance(source, NodesOptions)}


def affinity(*expressions: Mapping[str, Any]) -> Values:
    terms = [{"matchExpressions": [expression]} for expression in expressions]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
    return {"affinity": {"nodeAffinity": required}}


CHOICES: dict[str, Values] = {
    **{name: values for name, values in MATRIX.items() if name != "as little as possible"},
    "some by a label": {"nodeSelector": {"pool": "a"}},
    "also those of another system": {"nodeSelector": {"kubernetes.io/os": None, "spot": "true"}},
    "some by a list": affinity({"key": "pool", "operator": "In", "values": ["a", "b"]}),
    "none of a list": affinity({"key": "pool", "operator": "NotIn", "values": ["a", "b"]}),
    "those with a label": affinity({"key": "spot", "operator": "Exists"}),
    "those without it": affinity({"key": "spot", "operator": "DoesNotExist"}),
}


@pytest.mark.parametrize("values", CHOICES.values(), ids=CHOICES)
def test_the_default_checks_probe_the_nodes_that_have_agents_and_no_others(values: Values) -> None:
    for pod in pods(values):
        [selector] = selectors(pod)
        chosen = [is_selected(node, selector) for node in NODES]
        assert chosen == [runs_on(pod, node) for node in NODES]
        assert any(chosen)
    assert "NODE_SELECTOR" not in render(values)["templates/NOTES.txt"]


def test_without_the_chart_the_default_checks_probe_what_it_would_by_default() -> None:
    [by_itself] = selectors({"containers": [{"env": []}]})
    [by_chart] = selectors(pods({})[0])
    assert [is_selected(node, by_itself) for node in NODES] == [
        is_selected(node, by_chart) for node in NODES
    ]


SPOT = {"key": "spot", "operator": "Exists"}
POOL = {"key": "pool", "operator": "Exists"}
UNSAID: dict[str, Values] = {
    "alternatives": affinity(SPOT, POOL),
    "numbers": affinity({"key": "cores", "operator": "Gt", "values": ["4"]}),
    "other pods": {"affinity": {"podAntiAffinity": {}}},
    "taints": {"tolerations": [{"operator": "Exists", "effect": "NoExecute"}]},
}


@pytest.mark.parametrize("values", UNSAID.values(), ids=UNSAID)
def test_what_no_selector_says_is_told_and_can_be_said_by_hand(values: Values) -> None:
    assert "name: NODE_SELECTOR" in render(values)["templates/NOTES.txt"]
    alone = {"defaults": {"enabled": False}, "checks": {"wiki": A_CHECK}}
    assert "NODE_SELECTOR" not in render({**values, **alone})["templates/NOTES.txt"]
    by_hand = {**values, "env": [{"name": "NODE_SELECTOR", "value": "pool in (a, b)"}]}
    assert [selectors(pod) for pod in pods(by_hand)] == [{"pool in (a, b)"}]
    assert "NODE_SELECTOR" not in render(by_hand)["templates/NOTES.txt"]

"""Every query of every dashboard has an answer: a real Prometheus scraped real agents."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboards.files import (
    FILES,
    Json,
    defaults,
    labels,
    load,
    panels,
    queries,
    variables,
)
from tests.dashboards.world import Series, World, world
from tests.programs import eventually
from tests.prometheus import needs

pytestmark = pytest.mark.netns


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if os.geteuid() != 0:
        pytest.skip("only root makes network namespaces")
    for program in ("ip", "nft", "prometheus"):
        needs(program)
    with world(tmp_path_factory.mktemp("world")) as made:
        yield made


QUERIES = [
    pytest.param(path, panel, target, id=f"{path.stem}: {panel['title']} {target['refId']}")
    for path in FILES
    for panel, target in queries(load(path))
]


def names(found: Series) -> set[str]:
    """Return the labels that any of these series has."""
    return {name for series in found for name in series["metric"]}


@pytest.mark.parametrize(("path", "panel", "target"), QUERIES)
def test_every_query_of_a_panel_has_an_answer(
    asked: World, path: Path, panel: Json, target: Json
) -> None:
    """With the labels that the panel shows, and with no others in the rows of a table."""
    query = asked.filled_in(target["expr"], load(path))
    shown = labels(panel, target)

    def answer() -> Series:
        found = asked.query(query)
        return found if shown <= names(found) else []

    found = eventually(answer, lambda: (query, asked.query(query)))
    assert "NaN" not in {series["value"][1] for series in found}
    if target["format"] == "table":
        assert shown == names(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_variable_has_values_to_choose_from(asked: World, path: Path) -> None:
    dashboard = load(path)
    for name, variable in variables(dashboard).items():
        values = asked.values(variable, defaults(dashboard))
        assert values, name
        if not variable["includeAll"]:
            assert variable["current"]["value"] in values


def test_a_choice_leaves_all_others_out(asked: World) -> None:
    dashboard = dashboard_of("explorer")
    _, target = next(queries(dashboard))
    query = asked.filled_in(target["expr"], dashboard, node="(node-a)", target="(node-b|node-c)")
    found = eventually(lambda: asked.query(query))
    pairs = {(each["metric"]["node"], each["metric"]["target"]) for each in found}
    assert pairs == {("node-a", "node-b"), ("node-a", "node-c")}


def dashboard_of(name: str) -> Json:
    [path] = [path for path in FILES if path.stem == name]
    return load(path)


def rows(asked: World, dashboard: str, title: str, column: int = 0) -> dict[tuple[str, ...], float]:
    """Return the values of a query by its labels, in the order of their names."""
    loaded = dashboard_of(dashboard)
    [panel] = [panel for panel in panels(loaded) if panel["title"] == title]
    query = asked.filled_in(panel["targets"][column]["expr"], loaded)
    found = eventually(lambda: asked.query(query))
    return {
        tuple(value for _, value in sorted(each["metric"].items())): float(each["value"][1])
        for each in found
    }


def test_the_map_shows_who_loses_how_much_to_whom(asked: World) -> None:
    def lost_when_there_is_enough_to_judge_by() -> dict[tuple[str, ...], float]:
        lost = rows(asked, "overview", "Packets lost between nodes")
        return lost if lost["node-a", "node-b"] == pytest.approx(1 / 3, abs=0.2) else {}

    lost = eventually(lost_when_there_is_enough_to_judge_by)
    assert lost["node-a", "node-a"] == lost["node-b", "node-a"] == 0
    assert lost["node-a", "node-c"] == lost["node-b", "node-c"] == 1


def test_what_is_down_for_all_is_told_from_what_is_down_for_some(asked: World) -> None:
    def shares() -> dict[str, float]:
        found = rows(asked, "overview", "Targets", column=2)
        return {labels[2]: share for labels, share in found.items() if labels[1] == "name-servers"}

    expected = {"forger": 1.0, "good": 0.5}
    eventually(lambda: shares() == expected, shares)


def test_a_refused_certificate_is_shown_with_its_reason(asked: World) -> None:
    found = rows(asked, "services", "Why certificates are refused")
    assert {(check, reason) for check, reason, _ in found} == {("strict", "unknown_ca")}


def test_nodes_are_told_from_external_targets_also_of_the_same_check(asked: World) -> None:
    """node-c has no agent: it is a node since a check of nodes has it."""

    def targets(title: str) -> set[tuple[str, str]]:
        return {(check, to) for check, _, to, *_ in rows(asked, "explorer", title)}

    def nodes() -> set[tuple[str, str]]:
        return targets("Pings between nodes in the time shown")

    def externals() -> set[tuple[str, str]]:
        return targets("Pings to external targets in the time shown")

    expected = {("both", "wiki"), ("external", "refused"), ("external", "blocked")}
    eventually(lambda: externals() == expected, externals)
    assert nodes() >= {("both", "node-a"), ("both", "node-b"), ("nodes", "node-c")}
    assert not nodes() & expected


def test_kube_proxy_that_is_scraped_as_well_is_not_shown_twice(asked: World) -> None:
    def jobs() -> set[str]:
        found = asked.query("kubeproxy_sync_proxy_rules_endpoint_changes_total")
        return {each["metric"]["job"] for each in found}

    eventually(lambda: jobs() == {"netwatch", "kube-proxy"}, jobs)
    slow = rows(asked, "kube-proxy", "Sync of the rules", column=2)
    assert set(slow) == {("node-a",)}


def test_what_is_down_is_shown_with_the_time_since_it_was_not(asked: World) -> None:
    def lasted() -> float:
        found = rows(asked, "overview", "Targets", column=3)
        return next((found[labels] for labels in found if labels[1:3] == ("nodes", "node-c")), 0)

    assert 0 < eventually(lasted) <= 30


def test_alerts_are_shown_by_name_and_state(asked: World) -> None:
    def shown() -> set[tuple[str, ...]]:
        return set(rows(asked, "overview", "Alerts that fire, and that may soon"))

    expected = ("NetwatchNodeUnreachable", "pending", "node-c", "critical", "node-c")
    eventually(lambda: expected in shown(), shown)

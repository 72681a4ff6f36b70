"""What every dashboard must be, whatever it shows: as Grafana 11 wants it, and as readers do."""

import json
import re
from collections import Counter
from itertools import pairwise, product
from pathlib import Path

import pytest

from tests.dashboards.files import FILES, ROOT, Json, is_derived, load, panels, queries, variables

CORE_PANELS = {"row", "stat", "state-timeline", "table", "timeseries"}
UNITS = {"bytes", "ops", "percentunit", "pps", "reqps", "s", "short"}
HIGHEST_SCHEMA_OF_GRAFANA_11 = 41
RUNBOOKS = "https://github.com/netwatch/netwatch/blob/main/docs/runbooks/"
PAGES = re.compile(rf"{re.escape(RUNBOOKS)}(\w+)\.md")

each_dashboard = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def cells(panel: Json) -> set[tuple[int, int]]:
    """Return the places of the grid that it covers."""
    place = panel["gridPos"]
    across = range(place["x"], place["x"] + place["w"])
    down = range(place["y"], place["y"] + place["h"])
    return set(product(across, down))


@each_dashboard
def test_grafana_11_knows_all_of_it_without_plugins(path: Path) -> None:
    dashboard = load(path)
    assert 39 <= dashboard["schemaVersion"] <= HIGHEST_SCHEMA_OF_GRAFANA_11
    assert {panel["type"] for panel in [*dashboard["panels"], *panels(dashboard)]} <= CORE_PANELS


def test_addresses_of_dashboards_differ_and_are_short() -> None:
    addresses = [load(path)["uid"] for path in FILES]
    assert len(set(addresses)) == len(addresses)
    assert all(len(address) <= 40 for address in addresses)


@each_dashboard
def test_no_panel_lies_on_another_or_beside_the_grid(path: Path) -> None:
    dashboard = load(path)
    for group in [dashboard["panels"], *(panel.get("panels", []) for panel in dashboard["panels"])]:
        covered = Counter(cell for panel in group for cell in cells(panel))
        assert all(0 <= x < 24 for x, _ in covered)
        assert set(covered.values()) <= {1}


@each_dashboard
def test_what_stands_in_a_closed_row_stands_below_its_heading(path: Path) -> None:
    headings = [panel for panel in load(path)["panels"] if panel["type"] == "row"]
    for row, following in pairwise(headings):
        for panel in row["panels"]:
            assert row["gridPos"]["y"] < panel["gridPos"]["y"] < following["gridPos"]["y"]


@each_dashboard
def test_numbers_of_panels_differ(path: Path) -> None:
    dashboard = load(path)
    rows = [panel for panel in dashboard["panels"] if panel["type"] == "row"]
    numbers = [panel["id"] for panel in [*rows, *panels(dashboard)]]
    assert len(set(numbers)) == len(numbers)


@each_dashboard
def test_every_panel_says_in_sentences_what_it_tells(path: Path) -> None:
    for panel in panels(load(path)):
        assert panel["description"].endswith("."), panel["title"]
        assert panel["description"] != panel["title"]


@each_dashboard
def test_every_number_has_a_unit(path: Path) -> None:
    for panel in panels(load(path)):
        fields = panel["fieldConfig"]
        said = [
            setting["value"]
            for override in fields["overrides"]
            for setting in override["properties"]
            if setting["id"] == "unit"
        ]
        units = said or [fields["defaults"]["unit"]]
        assert set(units) <= UNITS, panel["title"]


@each_dashboard
def test_every_variable_is_used_and_every_used_one_exists(path: Path) -> None:
    dashboard = load(path)
    asked_for = variables(dashboard).values()
    derived = [each["query"]["query"] for each in asked_for if is_derived(each)]
    used = {
        name
        for text in [target["expr"] for _, target in queries(dashboard)] + derived
        for name in re.findall(r"\$\{?([a-z]\w*)", text)
    }
    assert used == set(variables(dashboard))
    assert {panel["repeat"] for panel in dashboard["panels"] if "repeat" in panel} <= used


@each_dashboard
def test_everything_is_asked_of_the_chosen_data_source(path: Path) -> None:
    dashboard = load(path)
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert dashboard["templating"]["list"][0]["name"] == "datasource"
    for asking in [*panels(dashboard), *variables(dashboard).values()]:
        assert asking["datasource"] == chosen
    for _, target in queries(dashboard):
        assert target["datasource"] == chosen


@each_dashboard
def test_a_link_leads_to_a_dashboard_and_fills_in_its_variables_from_columns(path: Path) -> None:
    addresses = {load(other)["uid"]: set(variables(load(other))) for other in FILES}
    for panel in panels(load(path)):
        for link in panel["fieldConfig"]["defaults"].get("links", []):
            columns = set(panel["transformations"][-1]["options"]["renameByName"].values())
            filled_in = set(re.findall(r'__data\.fields\["(.*?)"\]:percentencode', link["url"]))
            assert filled_in <= columns
            if not link["url"].startswith(RUNBOOKS):
                address, _, parameters = link["url"].removeprefix("/d/").partition("?")
                assert set(re.findall(r"var-(\w+)=", parameters)) <= addresses[address]


def test_every_runbook_that_a_panel_links_to_is_a_page() -> None:
    links = set(PAGES.findall(json.dumps([load(path) for path in FILES])))
    assert links
    assert links <= {path.stem for path in (ROOT / "docs/runbooks").iterdir()}

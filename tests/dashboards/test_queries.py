"""Every query of every dashboard has an answer: a real Prometheus scraped real agents."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dashboards.files import FILES, defaults, expressions, interpolated, load, variables
from tests.dashboards.to_come import TO_COME
from tests.dashboards.world import World, world
from tests.programs import eventually

pytestmark = pytest.mark.netns

PROGRAMS = ("dnsmasq", "ip", "nft", "prometheus")
LATER = tuple(name for names in TO_COME.values() for name in names)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    if os.geteuid() != 0:
        pytest.skip("only root makes network namespaces")
    for program in PROGRAMS:
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not installed")
    with world(tmp_path_factory.mktemp("world")) as made:
        yield made


QUERIES = [
    pytest.param(path, expression, id=f"{path.stem}: {title} ({number})")
    for path in FILES
    for number, (title, expression) in enumerate(expressions(load(path)))
    if not any(name in expression for name in LATER)
]


@pytest.mark.parametrize(("path", "expression"), QUERIES)
def test_every_query_of_a_panel_has_an_answer(asked: World, path: Path, expression: str) -> None:
    query = interpolated(expression, defaults(load(path)))
    found = eventually(lambda: asked.query(query), lambda: query)
    assert {"NaN"} != {series["value"][1] for series in found}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_variable_has_values_to_choose_from(asked: World, path: Path) -> None:
    dashboard = load(path)
    for name, variable in variables(dashboard).items():
        text = interpolated(variable["query"]["query"], defaults(dashboard))
        selector, _, label = text.removeprefix("label_values(").removesuffix(")").rpartition(", ")
        values = asked.label_values(selector, label)
        assert values, name
        if not variable["includeAll"]:
            assert variable["current"]["value"] in values


def test_a_choice_leaves_all_others_out(asked: World) -> None:
    [path] = [path for path in FILES if path.stem == "explorer"]
    dashboard = load(path)
    chosen = {**defaults(dashboard), "node": "(node-a)", "target": "(node-b|node-c)"}
    _, expression = next(expressions(dashboard))
    found = eventually(lambda: asked.query(interpolated(expression, chosen)))
    pairs = {(each["metric"]["node"], each["metric"]["target"]) for each in found}
    assert pairs == {("node-a", "node-b"), ("node-a", "node-c")}

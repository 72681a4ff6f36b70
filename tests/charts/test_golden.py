"""The renderings are what they were; `scripts/chart` writes them anew."""

import pytest
import yaml

from tests.charts.golden import FOLDER, SCENARIOS, file_of, rendering


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_chart_renders_as_it_did(scenario: str) -> None:
    assert rendering(scenario) == file_of(scenario).read_text()


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_rendering_is_a_stream_of_objects(scenario: str) -> None:
    found = list(yaml.safe_load_all(file_of(scenario).read_text()))
    assert {"ConfigMap", "DaemonSet", "Pod", "Service"} <= {one["kind"] for one in found}


def test_there_is_no_rendering_of_an_example_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(SCENARIOS)

"""Whole renderings of the chart, for reviewers: a change of a template shows what it changes.

`scripts/chart` writes them.
"""

from pathlib import Path

import yaml

from tests.charts.helm import CHART, Values, render

FOLDER = Path(__file__).parent / "golden"
EXAMPLES = {path.stem: path for path in sorted((CHART / "examples").glob("*.yaml"))}
SCENARIOS = ("default", *EXAMPLES)


def values_of(scenario: str) -> Values:
    """Return the values of an example that comes with the chart, or none."""
    if scenario == "default":
        return {}
    values: Values = yaml.safe_load(EXAMPLES[scenario].read_text())
    return values


def rendering(scenario: str) -> str:
    """Return all that is rendered, but for what is copied and what is only said."""
    texts = sorted(render(values_of(scenario)).items())
    left_out = {"templates/dashboards.yaml", "templates/prometheusrule.yaml", "templates/NOTES.txt"}
    parts = [
        f"# {path}\n{text.strip().removeprefix('---').strip()}\n"
        for path, text in texts
        if text.strip() and path not in left_out
    ]
    return "---\n".join(parts)


def file_of(scenario: str) -> Path:
    return FOLDER / f"{scenario}.yaml"


if __name__ == "__main__":
    for scenario in SCENARIOS:
        file_of(scenario).write_text(rendering(scenario))

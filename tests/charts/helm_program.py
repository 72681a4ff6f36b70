"""Asks Helm; a program of its own, because Helm is a Go library, with threads and signal handlers
that tests should not meet.

    python -m tests.charts.helm_program render|lint CHART VALUES RELEASE
"""

import json
import sys
from typing import Any

import helm_python


def answer(task: str, chart: str, values: str, release: str) -> dict[str, Any]:
    """Return what Helm says; all but the path of the chart is JSON."""
    if task == "lint":
        return helm_python.lint(chart, json.loads(values), strict=True)
    with helm_python.Chart.load(chart) as loaded:
        return dict(loaded.render(json.loads(values), **json.loads(release)))


if __name__ == "__main__":
    try:
        json.dump(answer(*sys.argv[1:]), sys.stdout)
    except (helm_python.HelmRenderError, helm_python.HelmValuesError) as error:
        sys.exit(str(error))

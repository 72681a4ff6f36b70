"""The chart as Helm renders it, by the program `tests.charts.helm_program`."""

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parent.parent.parent
CHART = ROOT / "charts" / "netwatch"

Object = dict[str, Any]
Values = Mapping[str, Any]


class RefusedError(Exception):
    """Helm's word about values that it does not take."""


def render(
    values: Values | None = None,
    *,
    chart: Path = CHART,
    release: str = "netwatch",
    namespace: str = "netwatch",
    is_upgrade: bool = False,
) -> dict[str, str]:
    """Return the text of each template, by its path in the chart. Raises RefusedError."""
    release_of = {"name": release, "namespace": namespace, "is_upgrade": is_upgrade}
    answer = _ask("render", str(chart), json.dumps(values or {}), json.dumps(release_of))
    return {path.partition("/")[2]: text for path, text in answer.items()}


def complaints(values: Values | None = None) -> list[str]:
    """Return what `helm lint --strict` has to say."""
    answer = _ask("lint", str(CHART), json.dumps(values or {}), "{}")
    wishes = {"icon is recommended"}
    return [message["error"] for message in answer["messages"] if message["error"] not in wishes]


def objects(values: Values | None = None, **options: Any) -> list[Object]:
    """Return all objects that the chart makes, with those of its tests."""
    texts = render(values, **options)
    # The reader in C, because dashboards are long.
    documents = [
        yaml.load_all(text, yaml.CSafeLoader)
        for path, text in texts.items()
        if path.endswith(".yaml")
    ]
    return [found for inside in documents for found in inside if found]


def of_kind(kind: str, among: list[Object]) -> dict[str, Object]:
    """Return the objects of a kind by name."""
    return {found["metadata"]["name"]: found for found in among if found["kind"] == kind}


def agent_config(name: str, among: list[Object]) -> str:
    """Return the configuration of the agents of the DaemonSet `name`."""
    text: str = of_kind("ConfigMap", among)[name]["data"]["netwatch.yaml"]
    return text


@cache
def _ask(*question: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.charts.helm_program", *question],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 1:
        raise RefusedError(done.stderr)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer

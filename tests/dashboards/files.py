"""The dashboards as the chart ships them, and what Grafana would make of them."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

FOLDER = Path(__file__).parent.parent.parent / "charts" / "netwatch" / "dashboards"
FILES = sorted(FOLDER.glob("*.json"))
GRAFANAS_OWN = {"__rate_interval": "10s", "__range": "30s"}


def load(path: Path) -> Json:
    loaded: Json = json.loads(path.read_text())
    return loaded


def panels(dashboard: Json) -> Iterator[Json]:
    """Yield all but the headings of rows; those of closed rows, too."""
    for panel in dashboard["panels"]:
        yield from panel["panels"] if panel["type"] == "row" else [panel]


def expressions(dashboard: Json) -> Iterator[tuple[str, str]]:
    """Yield title and PromQL of each query."""
    for panel in panels(dashboard):
        yield from ((panel["title"], target["expr"]) for target in panel["targets"])


def variables(dashboard: Json) -> dict[str, Json]:
    """Return the variables that are asked for, by name."""
    found = dashboard["templating"]["list"]
    return {each["name"]: each for each in found if each["type"] == "query"}


def defaults(dashboard: Json) -> dict[str, str]:
    """Return what the variables are before anybody chooses."""
    return {
        name: variable["allValue"] or variable["current"]["value"]
        for name, variable in variables(dashboard).items()
    }


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """Return the text with `$name` and `${name}` replaced."""
    known = {**GRAFANAS_OWN, **values}
    return re.sub(r"\$\{?(\w+)\}?", lambda match: known[match[1]], text)

"""The dashboards as the chart ships them, and what Grafana would make of them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "charts" / "netwatch" / "dashboards"
FILES = sorted(FOLDER.glob("*.json"))
GRAFANAS_OWN = {"__rate_interval": "10s", "__range": "30s", "__interval": "1s"}


def load(path: Path) -> Json:
    loaded: Json = json.loads(path.read_text())
    return loaded


def panels(dashboard: Json) -> Iterator[Json]:
    """Yield all but the headings of rows; those of closed rows, too."""
    for panel in dashboard["panels"]:
        yield from panel["panels"] if panel["type"] == "row" else [panel]


def queries(dashboard: Json) -> Iterator[tuple[Json, Json]]:
    """Yield each query, after its panel."""
    for panel in panels(dashboard):
        yield from ((panel, target) for target in panel["targets"])


def labels(panel: Json, target: Json) -> set[str]:
    """Return the labels of series that a panel shows: in names of lines, or as columns."""
    if target["format"] != "table":
        return set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
    for step in panel["transformations"]:
        match step:
            case {"id": "groupingToMatrix", "options": options}:
                return {options["rowField"], options["columnField"]}
            case {"id": "organize", "options": options}:
                return {name for name in options["renameByName"] if "Value" not in name}
    raise AssertionError(panel["title"])


def variables(dashboard: Json) -> dict[str, Json]:
    """Return the variables that are asked for, by name."""
    found = dashboard["templating"]["list"]
    return {each["name"]: each for each in found if each["type"] == "query"}


def defaults(dashboard: Json) -> dict[str, str]:
    """Return what the variables are before anybody chooses, but for those that are derived."""
    return {
        name: variable["allValue"] or variable["current"]["value"]
        for name, variable in variables(dashboard).items()
        if not is_derived(variable)
    }


def is_derived(variable: Json) -> bool:
    """Whether it is the series of a query that give a variable its values, and not the reader."""
    return bool(variable["query"]["query"].startswith("query_result("))


def regex_of(values: Iterable[str]) -> str:
    """Return what Grafana puts for several values, inside of the quotes of PromQL."""
    special = re.compile(r"[\\^$*+?.()|{}\[\]]")
    escaped = (special.sub(lambda match: rf"\\{match[0]}", value) for value in values)
    return f"({'|'.join(escaped)})"


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """Return the text with `$name` and `${name}` replaced."""
    known = {**GRAFANAS_OWN, **values}
    return re.sub(r"\$\{?(\w+)\}?", lambda match: known[match[1]], text)

"""The rules of the chart, read from their files, and their runbooks."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.charts.helm import ROOT
from tests.charts.rules.promtool import RULES

RUNBOOKS = ROOT / "docs" / "runbooks"

Rule = Mapping[str, Any]


def rules() -> Iterator[Rule]:
    for path in RULES:
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from group["rules"]


ALERTS: Mapping[str, Rule] = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDS: Mapping[str, Rule] = {rule["record"]: rule for rule in rules() if "record" in rule}
PAGES: Mapping[str, Path] = {path.stem: path for path in RUNBOOKS.glob("*.md")}


def whole(expression: str) -> str:
    """Return an expression together with those of the recorded series that it uses."""
    used = [record for record in RECORDS if record in expression]
    return "\n".join([expression, *(whole(RECORDS[record]["expr"]) for record in used)])


def metric_names(text: str) -> set[str]:
    """Return the families that a text speaks of, but for recorded series."""
    names = re.findall(r"(?<![:\w])(?:netwatch|kubeproxy)_[a-z_]+(?![:\w*])", text)
    return {re.sub(r"_(bucket|count|sum)$", "", name) for name in names}


def blocks(page: Path, language: str) -> list[str]:
    """Return the text of each fenced block of that language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)

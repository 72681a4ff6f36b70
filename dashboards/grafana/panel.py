"""A panel: one question, whose answer is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Literal

from dashboards.grafana import Json

DATASOURCE: Json = {"type": "prometheus", "uid": "${datasource}"}
RUNBOOKS = "https://github.com/netwatch/netwatch/blob/main/docs/runbooks"


@dataclass(frozen=True)
class Query:
    """PromQL, and how its series are called: `{{node}}` stands for the label."""

    expression: str
    legend: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What the kinds of panels have in common; `kind` is Grafana's name for one.

    The grid is 24 wide. `defaults` are those of all fields, `overrides` are for some of them.
    `runbook` is the page of docs/runbooks that says what to do about it.
    """

    title: str
    description: str
    kind: str
    queries: Sequence[Query]
    answer: Literal["range", "instant", "table"]
    """The values of all the time, the latest value, or the latest as rows with their labels."""
    width: int
    height: int
    defaults: Json
    options: Json
    overrides: Sequence[Json] = ()
    transformations: Sequence[Json] = ()
    runbook: str = ""

    def model(self, number: int, x: int, y: int) -> Json:
        """Return it as Grafana has it, with its number in the dashboard, and its place."""
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "datasource": DATASOURCE,
            "targets": list(map(self._target, ascii_uppercase, self.queries)),
            "fieldConfig": {"defaults": self.defaults, "overrides": list(self.overrides)},
            "options": self.options,
            "transformations": list(self.transformations),
            "links": self._links(),
        }

    def _target(self, letter: str, query: Query) -> Json:
        return {
            "refId": letter,
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": query.expression,
            "legendFormat": query.legend or "__auto",
            "format": "table" if self.answer == "table" else "time_series",
            "instant": self.answer != "range",
            "range": self.answer == "range",
        }

    def _links(self) -> list[Json]:
        if not self.runbook:
            return []
        url = f"{RUNBOOKS}/{self.runbook}.md"
        return [{"title": f"Runbook: {self.runbook}", "url": url, "targetBlank": True}]

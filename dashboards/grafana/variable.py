"""What the reader of a dashboard chooses, and what follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboards.grafana import Json
from dashboards.grafana.panel import DATASOURCE

DATASOURCE_VARIABLE: Json = {
    "name": "datasource",
    "label": "Data source",
    "type": "datasource",
    "query": "prometheus",
    "current": {},
    "hide": 0,
    "includeAll": False,
    "multi": False,
    "options": [],
    "refresh": 1,
    "regex": "",
    "skipUrlSync": False,
}

LABEL_VALUES, QUERY_RESULT = 1, 3  # as Grafana's editor of such queries numbers their kinds
ALL: Json = {"selected": True, "text": ["All"], "value": ["$__all"]}
ASKED: Json = {
    "type": "query",
    "datasource": DATASOURCE,
    "options": [],
    "refresh": 2,  # whenever the time shown changes
    "sort": 7,  # by name, numbers within names as numbers
}


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A label, whose values are those of a family's series."""

    name: str
    label: str
    title: str
    family: str
    first: str = ""
    """Where one value is chosen, the one at the beginning; without it any number may be."""

    def matcher(self) -> str:
        """Return what chooses series by it; those without the label, too, where all are chosen."""
        return f'{self.label}=~"${self.name}"'

    def model(self, before: Iterable["AnyVariable"]) -> Json:
        """Return it as Grafana has it; what was chosen `before` narrows the values."""
        matchers = ",".join(other.matcher() for other in before)
        query = f"label_values({self.family}{{{matchers}}}, {self.label})"
        return {
            "name": self.name,
            "label": self.title,
            "query": _query(LABEL_VALUES, query),
            "current": self._current(),
            "hide": 0,
            "includeAll": not self.first,
            "multi": not self.first,
            "allValue": None if self.first else ".*",
            "regex": "",
            "skipUrlSync": False,
            **ASKED,
        }

    def _current(self) -> Json:
        if self.first:
            return {"selected": True, "text": self.first, "value": self.first}
        return ALL


@dataclass(frozen=True, kw_only=True)
class Derived:
    """Values of a label that follow from what was chosen: those of the series of an expression.

    Nobody sees it. It is for what a matcher cannot say, and for rows that repeat.
    """

    name: str
    label: str
    expression: str

    def matcher(self) -> str:
        """Return what chooses series by it: none that are without the label."""
        return f'{self.label}=~"${self.name}",{self.label}!=""'

    def model(self, _before: Iterable["AnyVariable"]) -> Json:
        """Return it as Grafana has it."""
        return {
            "name": self.name,
            "label": "",
            "query": _query(QUERY_RESULT, f"query_result({self.expression})"),
            "current": ALL,
            "hide": 2,
            "includeAll": True,
            "multi": True,
            "allValue": None,
            "regex": f'/{self.label}="([^"]+)"/',
            "skipUrlSync": True,
            **ASKED,
        }


AnyVariable = Variable | Derived


def _query(kind: int, text: str) -> Json:
    return {"qryType": kind, "query": text, "refId": "PrometheusVariableQueryEditor"}

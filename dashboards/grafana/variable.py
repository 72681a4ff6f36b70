"""What the reader of a dashboard chooses."""

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

    def model(self, before: Iterable["Variable"]) -> Json:
        """Return it as Grafana has it; what was chosen `before` narrows the values."""
        matchers = ",".join(other.matcher() for other in before)
        query = f"label_values({self.family}{{{matchers}}}, {self.label})"
        return {
            "name": self.name,
            "label": self.title,
            "type": "query",
            "datasource": DATASOURCE,
            "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor"},
            "current": self._current(),
            "hide": 0,
            "includeAll": not self.first,
            "multi": not self.first,
            "allValue": None if self.first else ".*",
            "options": [],
            "refresh": 2,
            "regex": "",
            "skipUrlSync": False,
            "sort": 7,
        }

    def _current(self) -> Json:
        if self.first:
            return {"selected": True, "text": self.first, "value": self.first}
        return {"selected": True, "text": ["All"], "value": ["$__all"]}

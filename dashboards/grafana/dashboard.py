"""A dashboard: rows of panels, from left to right and from top to bottom."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from dashboards.grafana import Json
from dashboards.grafana.panel import DATASOURCE, Panel
from dashboards.grafana.variable import DATASOURCE_VARIABLE, AnyVariable

SCHEMA_VERSION = 39  # that of Grafana 11.0; later ones migrate it
GRID_WIDTH = 24


@dataclass(frozen=True)
class Row:
    """Panels under a heading. One that repeats stands there for each value of a variable."""

    title: str
    panels: Sequence[Panel]
    repeat: str = ""
    is_closed: bool = False
    """Whether it asks nothing before it is opened."""


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """A page of Grafana; `uid` is in its address, so it stays."""

    uid: str
    title: str
    description: str
    variables: Sequence[AnyVariable]
    rows: Sequence[Row] = field(default_factory=tuple)

    def model(self) -> Json:
        """Return it as Grafana has it."""
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.description,
            "tags": ["netwatch"],
            "schemaVersion": SCHEMA_VERSION,
            "version": 1,
            "editable": True,
            "graphTooltip": 1,
            "refresh": "1m",
            "time": {"from": "now-1h", "to": "now"},
            "timezone": "browser",
            "annotations": {"list": [ALERTS]},
            "links": [OTHERS],
            "templating": {"list": [DATASOURCE_VARIABLE, *self._variables()]},
            "panels": list(self._panels()),
        }

    def _variables(self) -> Iterator[Json]:
        for index, variable in enumerate(self.variables):
            yield variable.model(self.variables[:index])

    def _panels(self) -> Iterator[Json]:
        numbers, y = count(1), 0
        for row in self.rows:
            heading = _heading(row, next(numbers), y)
            y += 1
            placed = list(_placed(row.panels, y))
            panels = [panel.model(next(numbers), x, top) for panel, x, top in placed]
            y = max(top + panel.height for panel, _, top in placed)
            if row.is_closed:
                yield heading | {"panels": panels}
            else:
                yield heading
                yield from panels


def _heading(row: Row, number: int, y: int) -> Json:
    heading: Json = {
        "id": number,
        "type": "row",
        "title": row.title,
        "collapsed": row.is_closed,
        "gridPos": {"h": 1, "w": GRID_WIDTH, "x": 0, "y": y},
        "panels": [],
    }
    return heading | ({"repeat": row.repeat} if row.repeat else {})


def _placed(panels: Sequence[Panel], y: int) -> Iterator[tuple[Panel, int, int]]:
    """Yield each panel with its place: beside the one before while there is room, else below."""
    x = height = 0
    for panel in panels:
        if x + panel.width > GRID_WIDTH:
            x, y, height = 0, y + height, 0
        yield panel, x, y
        x, height = x + panel.width, max(height, panel.height)


ALERTS: Json = {
    "name": "Alerts of netwatch",
    "datasource": DATASOURCE,
    "enable": True,
    "expr": 'ALERTS{alertname=~"Netwatch.*", alertstate="firing", cluster=~"$cluster"}',
    "titleFormat": "{{alertname}}",
    "textFormat": "{{node}} {{target}}",
    "iconColor": "red",
    "step": "60s",
}
OTHERS: Json = {
    "type": "dashboards",
    "tags": ["netwatch"],
    "title": "",
    "tooltip": "",
    "url": "",
    "icon": "external link",
    "asDropdown": False,
    "includeVars": True,
    "keepTime": True,
    "targetBlank": False,
}

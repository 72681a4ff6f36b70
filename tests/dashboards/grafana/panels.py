"""Dashboards to test with."""

from dashboards.grafana import Json
from dashboards.grafana.dashboard import Dashboard, Row
from dashboards.grafana.panel import Panel, Query

Place = tuple[int, int, int, int]


def a_panel(title: str = "Packets", *, width: int = 12, height: int = 8) -> Panel:
    return Panel(
        title=title,
        description="How many.",
        kind="timeseries",
        queries=[Query("up", "{{node}}"), Query("down")],
        answer="range",
        width=width,
        height=height,
        defaults={},
        options={},
    )


def model_of(*rows: Row) -> Json:
    made = Dashboard(uid="mine", title="Mine", description="", variables=[], rows=rows)
    return made.model()


def place(panel: Json) -> Place:
    """Return x, y, width and height."""
    grid = panel["gridPos"]
    return grid["x"], grid["y"], grid["w"], grid["h"]

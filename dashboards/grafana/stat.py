"""A number, large."""

from dashboards.grafana.panel import Panel, Query
from dashboards.grafana.scale import PLAIN, AnyScale


def stat(
    title: str,
    description: str,
    expression: str,
    *,
    unit: str = "short",
    scale: AnyScale = PLAIN,
    width: int = 4,
    height: int = 4,
    runbook: str = "",
) -> Panel:
    """Return the panel; the expression is of one series."""
    return Panel(
        title=title,
        description=description,
        kind="stat",
        queries=[Query(expression)],
        answer="instant",
        width=width,
        height=height,
        defaults={"unit": unit, "noValue": "none", **scale.model()},
        options={
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "auto",
            "orientation": "auto",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "textMode": "value",
            "wideLayout": True,
        },
        runbook=runbook,
    )

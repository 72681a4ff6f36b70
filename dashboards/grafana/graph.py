"""Lines over time."""

from dashboards.grafana import Json
from dashboards.grafana.panel import Panel, Query


def graph(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    is_stacked: bool = False,
    most: float | None = None,
    width: int = 12,
    height: int = 8,
    runbook: str = "",
) -> Panel:
    """Return the panel; `most` is the largest value that there can be."""
    return Panel(
        title=title,
        description=description,
        kind="timeseries",
        queries=queries,
        answer="range",
        width=width,
        height=height,
        defaults={
            "unit": unit,
            "min": 0,
            **({} if most is None else {"max": most}),
            "color": {"mode": "palette-classic"},
            "custom": _lines(is_stacked=is_stacked),
        },
        options={
            "legend": {
                "showLegend": True,
                "displayMode": "table",
                "placement": "bottom",
                "calcs": ["mean", "max", "lastNotNull"],
                "sortBy": "Max",
                "sortDesc": True,
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
        runbook=runbook,
    )


def _lines(*, is_stacked: bool) -> Json:
    return {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "fillOpacity": 30 if is_stacked else 5,
        "showPoints": "never",
        # A gap is news: what was not measured has no value.
        "spanNulls": False,
        "stacking": {"mode": "normal" if is_stacked else "none", "group": "A"},
    }

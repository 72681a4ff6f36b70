"""From whom (rows) to whom (columns), with a colour for each pair."""

from dashboards.grafana.panel import Panel, Query
from dashboards.grafana.scale import AnyScale
from dashboards.grafana.table import FIELDS, OPTIONS


def matrix(
    title: str,
    description: str,
    expression: str,
    *,
    rows: str,
    columns: str,
    unit: str,
    scale: AnyScale,
    width: int = 12,
    height: int = 12,
    runbook: str = "",
) -> Panel:
    """Return the panel; the series have the labels `rows` and `columns`, and no others."""
    corner = f"{rows}\\{columns}"  # as Grafana calls the first column
    cells = {**FIELDS["custom"], "cellOptions": {"type": "color-background", "mode": "basic"}}
    left = [
        {"id": "displayName", "value": "from \\ to"},
        {"id": "custom.cellOptions", "value": {"type": "auto"}},
    ]
    pivot = {
        "rowField": rows,
        "columnField": columns,
        "valueField": "Value",
        "emptyValue": "null",
    }
    return Panel(
        title=title,
        description=description,
        kind="table",
        queries=[Query(expression)],
        answer="table",
        width=width,
        height=height,
        defaults={"unit": unit, **scale.model(), "custom": cells},
        overrides=[{"matcher": {"id": "byName", "options": corner}, "properties": left}],
        options=OPTIONS | {"sortBy": [{"displayName": "from \\ to", "desc": False}]},
        transformations=[{"id": "groupingToMatrix", "options": pivot}],
        runbook=runbook,
    )

"""Coloured bars over time, one for each series: when was what in which state."""

from collections.abc import Sequence
from dataclasses import dataclass

from dashboards.grafana import Json
from dashboards.grafana.panel import Panel, Query
from dashboards.grafana.scale import PLAIN, AnyScale


@dataclass(frozen=True)
class States:
    """What the numbers stand for, by name and colour, from 0 on."""

    colors: dict[str, str]

    def code(self, state: str) -> int:
        """Return the number of a state."""
        return list(self.colors).index(state)

    def mappings(self) -> list[Json]:
        """Return how Grafana is told."""
        options = {
            str(code): {"text": name, "color": color, "index": code}
            for code, (name, color) in enumerate(self.colors.items())
        }
        return [{"type": "value", "options": options}]


def timeline(
    title: str,
    description: str,
    query: Query,
    *,
    states: States | None = None,
    scale: AnyScale = PLAIN,
    unit: str = "short",
    width: int = 24,
    height: int = 8,
    runbook: str = "",
) -> Panel:
    """Return the panel; values are numbers of `states`, or have the colours of `scale`."""
    mappings: Sequence[Json] = states.mappings() if states else ()
    return Panel(
        title=title,
        description=description,
        kind="state-timeline",
        queries=[query],
        answer="range",
        width=width,
        height=height,
        defaults={
            "unit": unit,
            **scale.model(),
            "mappings": list(mappings),
            "custom": {"fillOpacity": 80, "lineWidth": 0},
        },
        options={
            "alignValue": "left",
            "legend": {
                "showLegend": states is not None,
                "displayMode": "list",
                "placement": "bottom",
            },
            "mergeValues": True,
            "rowHeight": 0.85,
            "showValue": "never",
            "tooltip": {"mode": "single", "sort": "none"},
        },
        runbook=runbook,
    )

"""Rows that labels name, with a column for each query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from types import MappingProxyType

from dashboards.grafana import Json
from dashboards.grafana.panel import Panel, Query
from dashboards.grafana.scale import PLAIN, AnyScale

OPTIONS: Json = {
    "showHeader": True,
    "cellHeight": "sm",
    "footer": {"show": False, "reducer": ["sum"], "countRows": False, "fields": ""},
}
NO_LINKS: Mapping[str, str] = MappingProxyType({})
FIELDS: Json = {"custom": {"align": "auto", "cellOptions": {"type": "auto"}, "filterable": True}}


@dataclass(frozen=True)
class Column:
    """A column of numbers; with a scale its cells are coloured."""

    title: str
    expression: str
    unit: str = "short"
    scale: AnyScale = PLAIN

    def override(self) -> Json:
        """Return how Grafana is told."""
        properties: list[Json] = [{"id": "unit", "value": self.unit}]
        if self.scale is not PLAIN:
            colored = {"type": "color-background", "mode": "basic"}
            properties += [{"id": key, "value": value} for key, value in self.scale.model().items()]
            properties += [{"id": "custom.cellOptions", "value": colored}]
        return {"matcher": {"id": "byName", "options": self.title}, "properties": properties}


def table(
    title: str,
    description: str,
    labels: Mapping[str, str],
    *columns: Column,
    sort: str,
    smallest_first: bool = False,
    links: Mapping[str, str] = NO_LINKS,
    width: int = 12,
    height: int = 9,
    runbook: str = "",
) -> Panel:
    """Return the panel: one row for each series of the first column.

    All columns have these labels and no others; they are shown by the names given here. `sort` is
    the column whose largest value comes first, unless it is `smallest_first`. `links` are where a
    click on a row may lead: names and addresses.
    """
    return Panel(
        title=title,
        description=description,
        kind="table",
        queries=_of_the_same_rows(tuple(labels), columns),
        answer="table",
        width=width,
        height=height,
        defaults=FIELDS | {"links": [{"title": name, "url": url} for name, url in links.items()]},
        overrides=[column.override() for column in columns],
        options=OPTIONS | {"sortBy": [{"displayName": sort, "desc": not smallest_first}]},
        transformations=[{"id": "merge", "options": {}}, _names(labels, columns)],
        runbook=runbook,
    )


def _of_the_same_rows(labels: Sequence[str], columns: Sequence[Column]) -> list[Query]:
    first, *others = (column.expression for column in columns)
    rows = f" and on ({', '.join(labels)}) ({first})"
    return [Query(first), *(Query(f"({other}){rows}") for other in others)]


def _names(labels: Mapping[str, str], columns: Sequence[Column]) -> Json:
    """Return the transformation that gives fields their names and order."""
    values = ["Value"] if len(columns) == 1 else [f"Value #{letter}" for letter in ascii_uppercase]
    names = {**labels, **dict(zip(values, (column.title for column in columns), strict=False))}
    order = {name: index for index, name in enumerate(names)}
    options = {"excludeByName": {"Time": True}, "indexByName": order, "renameByName": names}
    return {"id": "organize", "options": options}

"""What agents pass on of the metrics of others, and what they leave out."""

from dashboards.agents.scope import CHOSEN
from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.grafana.scale import ANY_IS_NEWS
from dashboards.grafana.table import Column, table

ONE_TARGET = {"check": "Check", "target": "Target"}
PASSING = 'probe=~"scrape|kube_proxy"'


def _of_one_target(aggregation: str, family: str, *more: str) -> str:
    return f"{aggregation} by ({', '.join(ONE_TARGET)}) ({CHOSEN(f'netwatch_{family}', *more)})"


_BY_REASON = CHOSEN("netwatch_passed_dropped")
_LEFT_OUT = f"max by ({', '.join(ONE_TARGET)}) (sum without (reason) ({_BY_REASON}))"

PASSED_ON = Row(
    "Metrics of others that are passed on",
    [
        table(
            "Targets whose metrics are passed on",
            "By how many agents, and how much of it. Fewer of them than ask: the others fail, and "
            "show nothing.",
            ONE_TARGET,
            Column("Agents that ask", _of_one_target("count", "target_state", PASSING)),
            Column("That pass on", _of_one_target("count", "passed_series")),
            Column("Series", _of_one_target("max", "passed_series")),
            Column("Left out", _LEFT_OUT, scale=ANY_IS_NEWS),
            Column("Samples", _of_one_target("max", "scrape_samples")),
            Column("Page", _of_one_target("max", "scrape_body_bytes"), "bytes"),
            sort="Left out",
        ),
        graph(
            "Left out",
            "Series that were allowed and are not shown, and lines that are no metrics, by reason: "
            "docs/metrics.md. `limit` asks for a larger `max_series`, `name` and `kind` for a "
            "`prefix`, `labels` for a `target_label`; `invalid` is the target's own trouble.",
            Query(
                f"sum by (check, target, reason) ({_BY_REASON})",
                "{{check}} {{target}} {{reason}}",
            ),
        ),
    ],
)

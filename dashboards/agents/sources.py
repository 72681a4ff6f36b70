"""Where the targets of agents come from, and whether all know the same ones."""

from dashboards.agents.scope import CHOSEN, SOURCE_AGE, rate
from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query

SOURCES = Row(
    "Where targets come from",
    [
        graph(
            "Targets",
            "By check, as each agent has them: the smallest and the largest number. Where they "
            "differ for long, somebody does not hear of changes.",
            *(
                Query(
                    f"{which} by (check, state) ({CHOSEN('netwatch_source_targets')})",
                    f"{{{{check}}}} {{{{state}}}} {which}",
                )
                for which in ("min", "max")
            ),
        ),
        graph(
            "For how long sources have failed",
            "The targets that they named last are used. 0 is well.",
            Query(f"max by (node, check, source) ({SOURCE_AGE})", "{{node}} {{check}} {{source}}"),
            unit="s",
            runbook="NetwatchSourceStale",
        ),
        graph(
            "Peers",
            "Nodes that probe a node all the time, and that it probes: the smallest and the "
            "largest number. They are the same for all, unless lists of nodes differ. Rotating: "
            "those beside them whose turn it is, where not all are probed.",
            *(
                Query(
                    f"{how} by (check) ({CHOSEN(f'netwatch_peers_{which}')})",
                    f"{{{{check}}}} {which} {how}",
                )
                for which in ("incoming", "outgoing", "rotating")
                for how in ("min", "max")
            ),
        ),
        graph(
            "Failures of sources",
            "By check and source.",
            Query(
                rate("netwatch_source_errors_total", "node, check, source"),
                "{{node}} {{check}} {{source}}",
            ),
            unit="ops",
            runbook="NetwatchSourceStale",
        ),
    ],
)

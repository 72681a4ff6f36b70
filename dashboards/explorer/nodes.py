"""Pings between nodes: each pair, all together, and from and to each node."""

from dashboards.explorer.pairs import lines, states, summary
from dashboards.explorer.scope import NODES, TURNS
from dashboards.grafana.dashboard import Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Query
from dashboards.promql import loss, mean, per_second

IN_TURN = 'target=""'
TURN_PATH = "check, node, zone"
TURN_LEGEND = "{{check}}: {{node}} → {{zone}}"

SUMMARY = Row(
    "Summary",
    [
        summary(NODES, "Pings between nodes in the time shown"),
        states(NODES, "States of pairs that were not well"),
    ],
)

TOGETHER = Row(
    "All nodes that are chosen, together",
    [
        graph(
            "Packets",
            "Sent and received each second; what is between the lines was lost.",
            *(
                Query(per_second(NODES, f"netwatch_icmp_packets_{which}_total", ""), which)
                for which in ("sent", "received")
            ),
            unit="pps",
        ),
        graph(
            "Packets lost",
            "Share of pings without an answer.",
            Query(loss(NODES, "check"), "{{check}}"),
            unit="percentunit",
        ),
        graph(
            "Round-trip time",
            "Of the last 30 packets of each pair: the smallest, the mean and the largest of them.",
            *(
                Query(f"{how}({NODES(f'netwatch_icmp_rtt_{which}_seconds')})", which)
                for how, which in (("min", "min"), ("avg", "mean"), ("max", "max"))
            ),
            unit="s",
        ),
        graph(
            "Deviation",
            "Standard deviation of the last 30 round trips, mean and worst of all pairs: jitter.",
            *(
                Query(f"{how}({NODES('netwatch_icmp_rtt_stddev_seconds')})", name)
                for how, name in (("avg", "mean"), ("max", "worst"))
            ),
            unit="s",
        ),
        graph(
            "Packets lost in turns",
            "Of nodes that are only pinged in their turn, by zone, whatever target is chosen: the "
            "page of each agent names the worst. Empty where all nodes ping each other.",
            Query(loss(TURNS, TURN_PATH, IN_TURN), TURN_LEGEND),
            unit="percentunit",
        ),
        graph(
            "Round-trip time in turns",
            "Mean, of the same nodes; with more than 30 targets of all in the zone.",
            Query(mean(TURNS, "netwatch_icmp_rtt_seconds", TURN_PATH, IN_TURN), TURN_LEGEND),
            unit="s",
        ),
    ],
)

FROM_EACH = Row("From $node", lines(NODES, "target"), repeat="node", is_closed=True)
TO_EACH = Row("To $peer", lines(NODES, "node"), repeat="peer", is_closed=True)

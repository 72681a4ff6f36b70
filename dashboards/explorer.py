"""Pings from whom to whom: one pair, one node, one target, or all together."""

from dashboards.grafana.dashboard import Dashboard, Row
from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Panel, Query
from dashboards.grafana.scale import LOSS, SUCCESS
from dashboards.grafana.table import Column, table
from dashboards.grafana.timeline import timeline
from dashboards.promql import (
    EACH,
    EVERYWHERE,
    NODE,
    STATES,
    Scope,
    checks_of,
    coded,
    loss,
    per_second,
    targets_of,
    zones_of,
)

PINGED = "netwatch_icmp_packets_sent_total"
CHECK, ZONE, TARGET = checks_of(PINGED), zones_of(PINGED), targets_of(PINGED)
CHOSEN = Scope((*EVERYWHERE, NODE, CHECK, ZONE, TARGET))
PINGS = 'probe="icmp"'
ONE_PAIR = {"check": "Check", "node": "From", "target": "To", "zone": "Zone"}
LABELS = ", ".join(ONE_PAIR)


def _over_range(aggregation: str, family: str) -> str:
    """Return what a gauge was in the time shown: `min`, `max` or `avg`."""
    chosen = CHOSEN(f"netwatch_{family}", EACH)
    return f"{aggregation} by ({LABELS}) ({aggregation}_over_time({chosen}[$__range]))"


def _sum_over_range(which: str) -> str:
    chosen = CHOSEN(f"netwatch_icmp_packets_{which}_total", EACH)
    return f"sum by ({LABELS}) (increase({chosen}[$__range]))"


SUMMARY = Row(
    "Summary",
    [
        table(
            "Pings in the time shown",
            "One row for each pair that is chosen above. Round-trip times are of answers alone: "
            "where nothing came back there are none.",
            ONE_PAIR,
            Column("Sent", _sum_over_range("sent")),
            Column("Received", _sum_over_range("received")),
            Column("Lost", loss(CHOSEN, LABELS, EACH, window="$__range"), "percentunit", LOSS),
            Column("Smallest", _over_range("min", "icmp_rtt_min_seconds"), "s"),
            Column("Mean", _over_range("avg", "icmp_rtt_mean_seconds"), "s"),
            Column("Largest", _over_range("max", "icmp_rtt_max_seconds"), "s"),
            Column("Deviation", _over_range("avg", "icmp_rtt_stddev_seconds"), "s"),
            Column("Time up", _over_range("avg", "target_up"), "percentunit", SUCCESS),
            sort="Lost",
            width=24,
            height=10,
        ),
        timeline(
            "States of pairs that were not well",
            "Pairs that were down in the time shown, one line each. Empty where there are none.",
            Query(
                coded(STATES, CHOSEN, "netwatch_target_state", "check, node, target", PINGS)
                + " and on (check, node, target) (min by (check, node, target) "
                f"(min_over_time({CHOSEN('netwatch_target_up', PINGS)}[$__range])) == 0)",
                "{{check}}: {{node}} → {{target}}",
            ),
            states=STATES,
        ),
    ],
)

TOGETHER = Row(
    "All that is chosen, together",
    [
        graph(
            "Packets",
            "Sent and received each second; what is between the lines was lost.",
            *(
                Query(per_second(CHOSEN, f"netwatch_icmp_packets_{which}_total", ""), which)
                for which in ("sent", "received")
            ),
            unit="pps",
        ),
        graph(
            "Packets lost",
            "Share of pings without an answer.",
            Query(loss(CHOSEN, "check"), "{{check}}"),
            unit="percentunit",
        ),
        graph(
            "Round-trip time",
            "Of the last 30 packets of each pair: the smallest, the mean and the largest of them.",
            *(
                Query(f"{how}({CHOSEN(f'netwatch_icmp_rtt_{which}_seconds')})", which)
                for how, which in (("min", "min"), ("avg", "mean"), ("max", "max"))
            ),
            unit="s",
        ),
        graph(
            "Deviation",
            "Standard deviation of the last 30 round trips, mean and worst of all pairs: jitter.",
            *(
                Query(f"{how}({CHOSEN('netwatch_icmp_rtt_stddev_seconds')})", name)
                for how, name in (("avg", "mean"), ("max", "worst"))
            ),
            unit="s",
        ),
    ],
)


def _lines(by: str) -> list[Panel]:
    """Return the graphs with one line for each value of the label `by`."""

    def rtt(which: str) -> str:
        return f"max by (check, {by}) ({CHOSEN(f'netwatch_icmp_rtt_{which}_seconds', EACH)})"

    legend = f"{{{{check}}}} {{{{{by}}}}}"
    return [
        graph(
            "Packets lost",
            "Share of pings without an answer.",
            Query(loss(CHOSEN, f"check, {by}", EACH), legend),
            unit="percentunit",
            width=8,
        ),
        graph(
            "Mean round-trip time",
            "Of the last 30 packets; a gap is a time without any answer.",
            Query(rtt("mean"), legend),
            unit="s",
            width=8,
        ),
        graph(
            "Largest round-trip time",
            "Of the last 30 packets.",
            Query(rtt("max"), legend),
            unit="s",
            width=8,
        ),
    ]


def _oddities(*names: str) -> list[Query]:
    return [
        Query(
            per_second(CHOSEN, f"netwatch_icmp_{name}_total", "check"),
            f"{{{{check}}}} {name}",
        )
        for name in names
    ]


ODDITIES = Row(
    "Oddities",
    [
        graph(
            "Replies that are not as they should be",
            "Late: after the timeout, so the path is slow and not broken. Duplicates and "
            "reordered: there is more than one path. Corrupt: something damages packets.",
            *_oddities("late", "duplicates", "reordered", "corrupt"),
            unit="pps",
            width=8,
        ),
        graph(
            "Errors and packets not sent",
            "What ended by an ICMP error, and what did not even leave the node, by reason.",
            *(
                Query(
                    per_second(CHOSEN, f"netwatch_icmp_{name}_total", "node, reason"),
                    f"{{{{node}}}} {words}: {{{{reason}}}}",
                )
                for name, words in (("errors", "error"), ("unsent", "not sent"))
            ),
            unit="pps",
            width=8,
        ),
        graph(
            "Changes of the path",
            "How often the hop limit of replies was another one within ten minutes, by target: "
            "a path that changes.",
            Query(
                f"sum by (check, target) (changes({CHOSEN('netwatch_icmp_hop_limit', EACH)}[10m]))",
                "{{check}} {{target}}",
            ),
            width=8,
        ),
    ],
)

EXPLORER = Dashboard(
    uid="netwatch-explorer",
    title="netwatch / Explorer",
    description="Pings by source and destination. For external targets choose their check.",
    variables=[*EVERYWHERE, NODE, CHECK, ZONE, TARGET],
    rows=[
        SUMMARY,
        TOGETHER,
        Row("From $node", _lines("target"), repeat="node", is_closed=True),
        Row("To $target", _lines("node"), repeat="target", is_closed=True),
        ODDITIES,
    ],
)

"""Panels about pairs of a source and a destination, whichever those are."""

from dashboards.grafana.graph import graph
from dashboards.grafana.panel import Panel, Query
from dashboards.grafana.scale import LOSS, SUCCESS
from dashboards.grafana.table import Column, table
from dashboards.grafana.timeline import timeline
from dashboards.promql import STATES, Scope, coded, loss

ONE_PAIR = {"check": "Check", "node": "From", "target": "To", "zone": "Zone"}
LABELS = ", ".join(ONE_PAIR)
PINGS = 'probe="icmp"'


def summary(scope: Scope, title: str) -> Panel:
    """Return the table with a row for each pair."""

    def over_range(aggregation: str, family: str) -> str:
        values = f"{aggregation}_over_time({scope(f'netwatch_{family}')}[$__range])"
        return f"{aggregation} by ({LABELS}) ({values})"

    def counted(which: str) -> str:
        counter = scope(f"netwatch_icmp_packets_{which}_total")
        return f"sum by ({LABELS}) (increase({counter}[$__range]))"

    return table(
        title,
        "One row for each pair that is chosen above. Round-trip times are of answers alone: "
        "where nothing came back there are none.",
        ONE_PAIR,
        Column("Sent", counted("sent")),
        Column("Received", counted("received")),
        Column("Lost", loss(scope, LABELS, window="$__range"), "percentunit", LOSS),
        Column("Smallest", over_range("min", "icmp_rtt_min_seconds"), "s"),
        Column("Mean", over_range("avg", "icmp_rtt_mean_seconds"), "s"),
        Column("Largest", over_range("max", "icmp_rtt_max_seconds"), "s"),
        Column("Deviation", over_range("avg", "icmp_rtt_stddev_seconds"), "s"),
        Column("Time up", over_range("avg", "target_up"), "percentunit", SUCCESS),
        sort="Lost",
        width=24,
        height=10,
    )


def states(scope: Scope, title: str) -> Panel:
    """Return the bars of those pairs that were down."""
    was_down = f"min_over_time({scope('netwatch_target_up', PINGS)}[$__range])"
    return timeline(
        title,
        "Pairs that were down in the time shown, one line each. Empty where there are none.",
        Query(
            coded(STATES, scope, "netwatch_target_state", "check, node, target", PINGS)
            + f" and on (check, node, target) (min by (check, node, target) ({was_down}) == 0)",
            "{{check}}: {{node}} → {{target}}",
        ),
        states=STATES,
    )


def lines(scope: Scope, by: str) -> list[Panel]:
    """Return the graphs with one line for each value of the label `by`, of what is chosen."""

    def rtt(how: str, which: str) -> str:
        return f"{how} by (check, {by}) ({scope(f'netwatch_icmp_rtt_{which}_seconds')})"

    legend = f"{{{{check}}}} {{{{{by}}}}}"
    return [
        graph(
            "Packets lost",
            "Share of pings without an answer.",
            Query(loss(scope, f"check, {by}"), legend),
            unit="percentunit",
            width=8,
        ),
        graph(
            "Mean round-trip time",
            "Of the last 30 packets; a gap is a time without any answer.",
            Query(rtt("avg", "mean"), legend),
            unit="s",
            width=8,
        ),
        graph(
            "Largest round-trip time",
            "Of the last 30 packets.",
            Query(rtt("max", "max"), legend),
            unit="s",
            width=8,
        ),
    ]

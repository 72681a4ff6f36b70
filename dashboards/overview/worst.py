"""The pairs that lose most, and the slowest."""

from dashboards.grafana.dashboard import Row
from dashboards.grafana.scale import GRADIENT, LOSS
from dashboards.grafana.table import Column, table
from dashboards.overview.scope import PAIRS
from dashboards.promql import (
    EACH,
    explore,
    loss,
)

ONE_PAIR = {"check": "Check", "node": "From", "target": "To"}
PAIR_LABELS = ", ".join(ONE_PAIR)
LOST = loss(PAIRS, PAIR_LABELS, EACH, window="5m")


def _rtt(which: str) -> str:
    return f"max by ({PAIR_LABELS}) ({PAIRS(f'netwatch_icmp_rtt_{which}_seconds', EACH)})"


WORST = Row(
    "Worst pairs",
    [
        table(
            "Most packets lost",
            "The 20 pairs that lose the largest share, in the last five minutes.",
            ONE_PAIR,
            Column("Lost", f"topk(20, {LOST} > 0)", "percentunit", LOSS),
            Column("Mean", _rtt("mean"), "s"),
            Column("Largest", _rtt("max"), "s"),
            sort="Lost",
            links=explore(check="Check", node="From", target="To"),
            runbook="NetwatchPairLossy",
        ),
        table(
            "Slowest",
            "The 20 pairs with the longest round trips, over their last 30 packets.",
            ONE_PAIR,
            Column("Mean", f"topk(20, {_rtt('mean')})", "s", GRADIENT),
            Column("Largest", _rtt("max"), "s"),
            Column("Deviation", _rtt("stddev"), "s"),
            Column("Lost", LOST, "percentunit", LOSS),
            sort="Mean",
            links=explore(check="Check", node="From", target="To"),
        ),
    ],
)

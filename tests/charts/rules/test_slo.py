"""charts/netwatch/rules/slo.yaml: availability and latency to promise by."""

from tests.charts.rules.cluster import Cluster
from tests.charts.rules.promtool import Promtool, growing

ZONES = {"a": "west", "b": "east"}
LABELS = 'check="nodes", probe="icmp", network="host", node_zone="west", zone="east"'


def test_availability_is_the_share_of_what_was_answered_by_zones(promtool: Promtool) -> None:
    def loss(node: str, _target: str, _minute: float) -> float:
        return 0.25 if node == "a" else 0.0

    expression = (
        'round(zone_pair:netwatch_availability:ratio5m{node_zone="west", zone="east"}, 0.001)'
    )
    promtool.expect_values(
        Cluster(zones=ZONES, loss=loss, minutes=20).series(),
        expression,
        {
            "labels": f"{{{LABELS}}}",
            "value": 0.75,
        },
    )


def test_the_budget_burns_a_hundred_times_too_fast_at_ten_percent_of_loss(
    promtool: Promtool,
) -> None:
    """Agents ping themselves, too, so half of all pings; and a budget is a thousandth."""
    promtool.expect_values(
        Cluster(zones=ZONES, loss=lambda *_: 0.2, minutes=60).series(),
        "round(check:netwatch_budget_burn:ratio1h)",
        {"labels": '{check="nodes", probe="icmp", network="host"}', "value": 100},
    )


def test_latency_is_a_percentile_of_all_that_measure(promtool: Promtool) -> None:
    series = {
        f'netwatch_icmp_rtt_seconds_bucket{{{LABELS}, node="{node}", le="{bound}"}}': growing(
            20, per_minute=100 * share
        )
        for node in "ab"
        for bound, share in (("0.001", 0.5), ("0.01", 1.0), ("+Inf", 1.0))
    }
    promtool.expect_values(
        series,
        "round(zone_pair:netwatch_latency_seconds:p99_5m, 0.0001)",
        {"labels": f"{{{LABELS}}}", "value": 0.0098},
    )

"""charts/netwatch/rules/paths.yaml: what gets lost between nodes that are not cut off."""

from dataclasses import replace

from tests.charts.rules.cluster import Cluster, address, cut_off
from tests.charts.rules.promtool import Promtool, Series, over, together

FOUR = {"a": "west", "b": "west", "c": "east", "d": "east"}
C = address("c")
HERE = 'network="host", node="a", node_zone="west"'


def large(series: Series) -> Series:
    """Return the same, as a check with large packets would have it."""
    return {name.replace('check="nodes"', 'check="nodes-large"'): v for name, v in series.items()}


def test_a_path_that_loses_packets_is_an_alert(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return 0.05 if (node, target) == ("a", "c") and minute >= 10 else 0.0

    promtool.expect(
        Cluster(zones=FOUR, loss=loss).series(),
        'NetwatchPairLossy{node="a", node_zone="west", target="c", zone="east"}',
    )


def test_a_path_that_is_down_for_one_pair_is_an_alert_about_that_pair(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return float((node, target) == ("a", "c") and minute >= 10)

    series = Cluster(zones=FOUR, loss=loss).series()
    promtool.expect(
        series, 'NetwatchPairLossy{node="a", node_zone="west", target="c", zone="east"}'
    )
    assert "100% of the packets from a to c or their answers" in promtool.words(
        series, "NetwatchPairLossy"
    )


def test_a_node_that_loses_packets_with_all_is_one_alert(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return 0.2 * cut_off("b", at=10)(node, target, minute)

    promtool.expect(
        Cluster(zones=FOUR, loss=loss).series(),
        'NetwatchNodeLossy{node="b", target="b", zone="west"}',
    )


def test_loss_that_both_networks_see_is_one_alert(promtool: Promtool) -> None:
    """In the other network fewer paths are hit; they are no pairs' alerts beside the node's."""

    def loss(node: str, target: str, minute: float) -> float:
        return 0.2 * cut_off("b", at=10)(node, target, minute)

    def less(node: str, target: str, minute: float) -> float:
        return loss(node, target, minute) if {node, target} == {"a", "b"} else 0.0

    pods = Cluster(zones=FOUR, loss=less, network="pod").series()
    series = together(Cluster(zones=FOUR, loss=loss).series(), pods)
    promtool.expect(series, 'NetwatchNodeLossy{node="b", target="b", zone="west"}')
    words = promtool.words(series, "NetwatchNodeLossy")
    assert "10 minutes or more, in the host network, and those of its peers" in words


def test_a_path_that_both_networks_find_lossy_is_one_alert(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return 0.05 if (node, target) == ("a", "c") and minute >= 10 else 0.0

    pods = Cluster(zones=FOUR, loss=loss, network="pod").series()
    promtool.expect(
        together(Cluster(zones=FOUR, loss=loss).series(), pods),
        'NetwatchPairLossy{node="a", node_zone="west", target="c", zone="east"}',
    )


def test_a_burst_of_loss_is_no_alert(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return 0.5 if 10 <= minute < 14 and "b" in (node, target) else 0.0

    promtool.expect(Cluster(zones=FOUR, loss=loss).series())


def test_one_percent_of_loss_is_no_alert(promtool: Promtool) -> None:
    promtool.expect(Cluster(zones=FOUR, loss=lambda *_: 0.01).series())


def test_the_loss_of_a_node_that_was_cut_off_is_no_alert_beside_that(promtool: Promtool) -> None:
    """It is cut off for longer than loss takes to be an alert, comes back, and is gone again."""

    def loss(node: str, target: str, minute: float) -> float:
        is_away = 10 <= minute < 30 or minute >= 34
        return float(is_away and "b" in (node, target))

    promtool.expect(
        Cluster(zones=FOUR, loss=loss, minutes=45).series(),
        'NetwatchNodeUnreachable{node="b", target="b", zone="west"}',
    )


def test_packets_that_do_not_even_leave_are_lost_ones(promtool: Promtool) -> None:
    """A firewall on the node refuses them to one peer; nothing is sent, and nothing is lost."""
    series = dict(Cluster(zones=FOUR, minutes=30).series())
    labels = f'check="nodes", probe="icmp", target="c", zone="east", address="{C}", {HERE}'
    series[f"netwatch_target_up{{{labels}}}"] = over(30, lambda m: float(m < 10))
    for name in ("sent", "received"):
        series[f"netwatch_icmp_packets_{name}_total{{{labels}}}"] = over(
            30, lambda m: min(m, 10) * 60
        )
    series[f'netwatch_icmp_unsent_total{{{labels}, reason="blocked"}}'] = over(
        30, lambda m: (m - 10) * 60 if m >= 10 else None
    )
    promtool.expect(
        series, 'NetwatchPairLossy{node="a", node_zone="west", target="c", zone="east"}'
    )


def test_our_own_faults_are_no_loss(promtool: Promtool) -> None:
    """A third of the packets to one peer ends by our own fault: see NetwatchAgentTrouble."""
    series = dict(Cluster(zones=FOUR, minutes=30).series())
    labels = f'check="nodes", probe="icmp", target="c", zone="east", address="{C}", {HERE}'
    series[f"netwatch_icmp_packets_received_total{{{labels}}}"] = over(30, lambda m: m * 40)
    series[f'netwatch_icmp_errors_total{{{labels}, reason="local"}}'] = over(30, lambda m: m * 20)
    promtool.expect(series)


def test_large_packets_that_are_lost_where_small_ones_are_not_are_one_alert(
    promtool: Promtool,
) -> None:
    small = Cluster(zones=FOUR, minutes=25).series()
    series = {**small, **large(Cluster(zones=FOUR, loss=cut_off("b", at=5), minutes=25).series())}
    promtool.expect(series, "NetwatchLargePacketsLost{}")
    words = promtool.words(series, "NetwatchLargePacketsLost")
    assert "On 6 paths the large packets of the check nodes-large" in words
    assert "the most first:  b (3)" in words


def test_large_packets_that_are_lost_in_both_networks_are_one_alert(promtool: Promtool) -> None:
    small = [Cluster(zones=FOUR, network=network, minutes=25) for network in ("host", "pod")]
    lost = (large(replace(one, loss=cut_off("b", at=5)).series()) for one in small)
    series = together(*(one.series() for one in small), *lost)
    promtool.expect(series, "NetwatchLargePacketsLost{}")
    assert "the most first:  b (3)" in promtool.words(series, "NetwatchLargePacketsLost")


def test_a_node_that_is_cut_off_loses_no_large_packets_beside(promtool: Promtool) -> None:
    cluster = Cluster(zones=FOUR, loss=cut_off("b", at=5), minutes=25)
    promtool.expect(
        {**cluster.series(), **large(cluster.series())},
        'NetwatchNodeUnreachable{node="b", target="b", zone="west"}',
    )

"""charts/netwatch/rules/zones.yaml: is it what connects zones, and so no node's fault?"""

from tests.charts.rules.cluster import Cluster, cut_off
from tests.charts.rules.promtool import Promtool, together

SIX = {"a": "west", "b": "west", "c": "mid", "d": "mid", "e": "east", "f": "east"}


WAYS_OF_WEST = (("west", "mid"), ("mid", "west"), ("west", "east"), ("east", "west"))


def test_a_zone_that_is_cut_off_is_an_alert_for_each_direction(promtool: Promtool) -> None:
    """Its nodes have theirs, which Alertmanager keeps back."""

    def loss(node: str, target: str, minute: float) -> float:
        return float(minute >= 5 and (SIX[node] == "west") is not (SIX[target] == "west"))

    promtool.expect(
        Cluster(zones=SIX, loss=loss, minutes=20).series(),
        *(f'NetwatchNodeUnreachable{{node="{n}", target="{n}", zone="west"}}' for n in "ab"),
        *(
            f'NetwatchZonePathDown{{node_zone="{here}", zone="{there}"}}'
            for here, there in WAYS_OF_WEST
        ),
    )


def test_two_zones_that_do_not_reach_each_other_blame_no_node(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return float(minute >= 5 and {SIX[node], SIX[target]} == {"west", "east"})

    promtool.expect(
        Cluster(zones=SIX, loss=loss, minutes=20).series(),
        'NetwatchZonePathDown{node_zone="west", zone="east"}',
        'NetwatchZonePathDown{node_zone="east", zone="west"}',
    )


def test_zones_that_are_apart_in_both_networks_are_an_alert_for_each_direction(
    promtool: Promtool,
) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return float(minute >= 5 and {SIX[node], SIX[target]} == {"west", "east"})

    clusters = (
        Cluster(zones=SIX, loss=loss, network=network, minutes=15).series()
        for network in ("host", "pod")
    )
    promtool.expect(
        together(*clusters),
        'NetwatchZonePathDown{node_zone="west", zone="east"}',
        'NetwatchZonePathDown{node_zone="east", zone="west"}',
    )


def test_a_zone_of_one_node_is_that_node(promtool: Promtool) -> None:
    zones = {"a": "west", "b": "mid", "c": "east"}
    promtool.expect(
        Cluster(zones=zones, loss=cut_off("c", at=5), minutes=20).series(),
        'NetwatchNodeUnreachable{node="c", target="c", zone="east"}',
    )


def test_two_zones_between_which_packets_get_lost_are_an_alert(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        is_bad = minute >= 5 and {SIX[node], SIX[target]} == {"west", "east"}
        return 0.1 if is_bad else 0.0

    promtool.expect(
        Cluster(zones=SIX, loss=loss).series(),
        'NetwatchZonePathLossy{node_zone="west", zone="east"}',
        'NetwatchZonePathLossy{node_zone="east", zone="west"}',
    )


def test_a_lossy_node_makes_no_zone_lossy(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return 0.2 * cut_off("b", at=5)(node, target, minute)

    promtool.expect(
        Cluster(zones=SIX, loss=loss).series(),
        'NetwatchNodeLossy{node="b", target="b", zone="west"}',
    )


def test_a_way_between_zones_that_takes_three_times_as_long_is_an_alert(promtool: Promtool) -> None:
    def rtt_seconds(node: str, target: str, minute: float) -> float:
        is_slow = minute >= 120 and {SIX[node], SIX[target]} == {"west", "east"}
        return 0.015 if is_slow else 0.005

    promtool.expect(
        Cluster(zones=SIX, rtt_seconds=rtt_seconds, minutes=150).series(),
        'NetwatchZonePathSlow{node_zone="west", zone="east"}',
        'NetwatchZonePathSlow{node_zone="east", zone="west"}',
    )


def test_a_slow_node_makes_no_zone_slow(promtool: Promtool) -> None:
    def rtt_seconds(node: str, target: str, minute: float) -> float:
        return 0.5 if minute >= 60 and "b" in (node, target) else 0.005

    zones = {**SIX, "g": "west"}
    promtool.expect(Cluster(zones=zones, rtt_seconds=rtt_seconds, minutes=90).series())


def test_a_millisecond_more_is_no_alert(promtool: Promtool) -> None:
    def rtt_seconds(_node: str, _target: str, minute: float) -> float:
        return 0.0005 if minute < 60 else 0.002

    promtool.expect(Cluster(zones=SIX, rtt_seconds=rtt_seconds, minutes=90).series())

"""charts/netwatch/rules/nodes.yaml: who is cut off, and who only looks as if."""

import pytest

from tests.charts.rules.cluster import Cluster, Loss, address, cut_off, none
from tests.charts.rules.promtool import Promtool, Series, together

UP = "netwatch_target_up"
FOUR = {"a": "west", "b": "west", "c": "east", "d": "east"}


def silent_to(node: str) -> Loss:
    """Let all that this node sends get lost, and nothing else."""
    return lambda source, _target, minute: float(source == node and minute >= 10)


def only_to(node: str) -> Loss:
    """Let all that is sent to this node get lost, and nothing else."""
    return lambda _source, target, minute: float(target == node and minute >= 10)


@pytest.mark.parametrize("names", ["abc", "abcd"])
def test_a_node_that_is_cut_off_is_one_alert_that_names_it(promtool: Promtool, names: str) -> None:
    cluster = Cluster(zones={name: FOUR[name] for name in names}, loss=cut_off("c", at=10))
    promtool.expect(cluster.series(), 'NetwatchNodeUnreachable{node="c", target="c", zone="east"}')


def test_a_dead_node_is_missing_its_agent_as_well(promtool: Promtool) -> None:
    """Alertmanager keeps the second one back."""
    cluster = Cluster(
        zones=FOUR,
        loss=cut_off("c", at=10),
        is_scraped=lambda node, minute: node != "c" or minute < 10,
    )
    promtool.expect(
        cluster.series(),
        'NetwatchNodeUnreachable{node="c", target="c", zone="east"}',
        'NetwatchAgentMissing{node="c", target="c", zone="east"}',
    )


def test_the_survivor_of_two_nodes_blames_the_other(promtool: Promtool) -> None:
    cluster = Cluster(
        zones={"a": "west", "b": "west"},
        loss=cut_off("b", at=10),
        is_scraped=lambda node, minute: node != "b" or minute < 10,
        minutes=15,
    )
    promtool.expect(cluster.series(), 'NetwatchNodeUnreachable{node="b", target="b", zone="west"}')


def test_whoever_is_reached_and_reaches_nobody_has_an_alert_of_its_own(promtool: Promtool) -> None:
    cluster = Cluster(zones=FOUR, loss=silent_to("b"))
    promtool.expect(
        cluster.series(),
        'NetwatchNodeReachesFewPeers{node="b", node_zone="west", zone="west"}',
    )


def test_whoever_reaches_all_and_is_not_reached_is_unreachable(promtool: Promtool) -> None:
    cluster = Cluster(zones=FOUR, loss=only_to("b"))
    promtool.expect(cluster.series(), 'NetwatchNodeUnreachable{node="b", target="b", zone="west"}')


def test_many_dead_nodes_make_no_culprit_of_the_living(promtool: Promtool) -> None:
    zones = dict.fromkeys("abcdefg", "west")
    promtool.expect(
        Cluster(zones=zones, loss=cut_off(*"abcd", at=10), minutes=20).series(),
        *(f'NetwatchNodeUnreachable{{node="{n}", target="{n}", zone="west"}}' for n in "abcd"),
    )


def test_a_node_that_is_back_has_no_alert(promtool: Promtool) -> None:
    series = Cluster(zones=FOUR, loss=cut_off("c", at=10, until=15)).series()
    promtool.expect_values(series, "ALERTS")
    promtool.expect(series, 'NetwatchNodeUnreachable{node="c", target="c", zone="east"}')


def test_an_outage_of_a_minute_and_a_half_is_no_alert(promtool: Promtool) -> None:
    promtool.expect(Cluster(zones=FOUR, loss=cut_off("c", at=10, until=11.5)).series())


def test_a_node_that_is_taken_away_is_no_alert(promtool: Promtool) -> None:
    """It has its taint, drains for five minutes, dies, and its object is deleted later."""
    cluster = Cluster(
        zones=FOUR,
        loss=cut_off("c", at=15),
        is_judged=lambda node, minute: node != "c" or minute < 10,
        is_scraped=lambda node, minute: node != "c" or minute < 15,
        is_known=lambda node, minute: node != "c" or minute < 30,
    )
    promtool.expect(cluster.series())


def test_a_machine_that_vanishes_with_its_node_soon_after_is_no_alert(promtool: Promtool) -> None:
    cluster = Cluster(
        zones=FOUR,
        loss=cut_off("c", at=10),
        is_scraped=lambda node, minute: node != "c" or minute < 10,
        is_known=lambda node, minute: node != "c" or minute < 11.5,
    )
    promtool.expect(cluster.series())


def test_a_rollout_of_the_agents_is_no_alert(promtool: Promtool) -> None:
    """Each is away for a minute, one after the other; the kernels go on answering."""
    away = {node: 5.0 + 2 * index for index, node in enumerate(FOUR)}
    cluster = Cluster(
        zones=FOUR, is_scraped=lambda node, minute: not away[node] <= minute < away[node] + 1
    )
    promtool.expect(cluster.series())


def test_all_agents_starting_anew_at_once_is_no_alert(promtool: Promtool) -> None:
    cluster = Cluster(zones=FOUR, is_scraped=lambda _node, minute: not 10 <= minute < 12)
    promtool.expect(cluster.series())


def test_a_restart_of_prometheus_is_no_alert(promtool: Promtool) -> None:
    """Five minutes without any sample, and then all counters have gone on."""
    whole = Cluster(zones=FOUR).series()
    series = {
        name: [None if 20 <= step < 30 else value for step, value in enumerate(values)]
        for name, values in whole.items()
    }
    promtool.expect(series)


def test_a_node_that_joins_is_no_alert(promtool: Promtool) -> None:
    """It is known before it answers, and its agent comes three minutes later."""
    cluster = Cluster(
        zones=FOUR,
        loss=cut_off("d", at=0, until=14),
        is_known=lambda node, minute: node != "d" or minute >= 10,
        is_judged=lambda node, minute: node != "d" or minute >= 14,
        is_scraped=lambda node, minute: node != "d" or minute >= 17,
    )
    promtool.expect(cluster.series())


def test_one_lost_packet_is_no_alert(promtool: Promtool) -> None:
    def loss(node: str, target: str, minute: float) -> float:
        return 1 / 30 if (node, target, minute) == ("a", "b", 10) else 0.0

    promtool.expect(Cluster(zones=FOUR, loss=loss).series())


def test_one_address_that_is_down_makes_a_node_unreachable(promtool: Promtool) -> None:
    """IPv6 alone is broken: whoever uses it does not reach the node."""
    first = Cluster(zones=FOUR, minutes=20).series()
    second = Cluster(zones=FOUR, loss=only_to("c"), minutes=20).series()
    series = {**first, **{n.replace("10.0.0.", "fd00::"): v for n, v in second.items() if UP in n}}
    promtool.expect(series, 'NetwatchNodeUnreachable{node="c", target="c", zone="east"}')
    words = promtool.words(series, "NetwatchNodeUnreachable")
    assert f"Silent addresses: {address('c').replace('10.0.0.', 'fd00::')} (host network)." in words


def both(*, host: Loss = none, pod: Loss) -> Series:
    """Return what the agents of both networks see."""
    return together(
        Cluster(zones=FOUR, loss=host, minutes=25).series(),
        Cluster(zones=FOUR, loss=pod, network="pod", minutes=25).series(),
    )


def test_a_node_that_is_cut_off_is_one_alert_for_the_agents_of_both_networks(
    promtool: Promtool,
) -> None:
    series = both(host=cut_off("c", at=10), pod=cut_off("c", at=10.5))
    promtool.expect(series, 'NetwatchNodeUnreachable{node="c", target="c", zone="east"}')
    words = promtool.words(series, "NetwatchNodeUnreachable")
    assert f"{address('c')} (host network) {address('c')} (pod network)." in words


def test_a_node_that_pods_alone_do_not_reach_is_an_alert_that_says_so(promtool: Promtool) -> None:
    series = both(pod=only_to("c"))
    promtool.expect(series, 'NetwatchNodeUnreachable{node="c", target="c", zone="east"}')
    words = promtool.words(series, "NetwatchNodeUnreachable")
    assert f"Silent addresses: {address('c')} (pod network)." in words


def test_a_node_that_reaches_nobody_is_one_alert_for_both_networks(promtool: Promtool) -> None:
    series = both(host=silent_to("b"), pod=silent_to("b"))
    promtool.expect(series, 'NetwatchNodeReachesFewPeers{node="b", node_zone="west", zone="west"}')
    assert "in the host network, in the pod network, although" in promtool.words(
        series, "NetwatchNodeReachesFewPeers"
    )


def test_a_node_that_is_unreachable_in_one_network_and_reaches_nobody_in_the_other_is_one_alert(
    promtool: Promtool,
) -> None:
    series = both(host=silent_to("b"), pod=only_to("b"))
    promtool.expect(series, 'NetwatchNodeUnreachable{node="b", target="b", zone="west"}')


def test_two_checks_of_nodes_are_no_two_alerts(promtool: Promtool) -> None:
    checks = (
        Cluster(zones=FOUR, loss=cut_off("c", at=10), check=name, minutes=20).series()
        for name in ("nodes", "nodes-udp")
    )
    promtool.expect(
        together(*checks),
        'NetwatchNodeUnreachable{node="c", target="c", zone="east"}',
    )


def test_the_alert_says_what_where_since_when_and_whose_fault(promtool: Promtool) -> None:
    words = promtool.words(
        Cluster(zones=FOUR, loss=cut_off("c", at=10), minutes=20).series(),
        "NetwatchNodeUnreachable",
    )
    assert (
        "100% of the other nodes have had no answer from c (zone east) for 2 minutes or more. "
        "They reach each other: it is that node, or its link. "
        f"Silent addresses: {address('c')} (host network)." in words
    )

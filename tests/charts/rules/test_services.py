"""charts/netwatch/rules/services.yaml: is it the target, or is it the node that asks?"""

from collections.abc import Callable
from functools import partial

import pytest

from tests.charts.rules.cluster import Cluster, address, cut_off
from tests.charts.rules.promtool import Promtool, Series, Values, counted, growing, over, together

NODES = {"a": "west", "b": "west", "c": "east", "d": "east"}
MINUTES = 40
DAY = 86400.0

Seen = Callable[[str, float], float | None]
"""A value by the node that sees it, and by the minute of the story."""
ADDRESS = "10.96.0.10"


def seen(
    family: str,
    value: Seen,
    *,
    probe: str,
    check: str = "mine",
    target: str = "it",
    more: str = "",
    minutes: float = MINUTES,
    at: str = ADDRESS,
    network: str = "host",
) -> Series:
    """Return the series of one target, one for each node."""
    labels = f'check="{check}", probe="{probe}", target="{target}", address="{at}"{more}'
    return {
        f'{family}{{{labels}, network="{network}", node="{node}", node_zone="{zone}"}}': over(
            minutes, partial(value, node)
        )
        for node, zone in NODES.items()
    }


def up(
    probe: str, is_up: Seen, check: str = "mine", target: str = "it", network: str = "host"
) -> Series:
    return seen(
        "netwatch_target_up", is_up, probe=probe, check=check, target=target, network=network
    )


def answered(probe: str, share: Seen, target: str = "it") -> Series:
    """Return attempts, one a second, of which that share succeeds."""
    attempts = seen("netwatch_probe_attempts_total", always(1), probe=probe, target=target)
    successes = seen("netwatch_probe_successes_total", share, probe=probe, target=target)
    return {name: counted(rates) for name, rates in together(attempts, successes).items()}


def runs_on(node: str, probe: str, target: str, check: str = "mine") -> Series:
    """Return what all agents say of where a target runs."""
    more = f', target_node="{node}"'
    return seen(
        "netwatch_target_node", always(1), probe=probe, check=check, target=target, more=more
    )


def always(value: float) -> Seen:
    return lambda _node, _minute: value


def dead(*nodes: str) -> Seen:
    """Let the target be down for these nodes from the tenth minute on."""
    return lambda node, minute: float(node not in nodes or minute < 10)


def test_a_target_that_is_down_for_most_is_one_alert(promtool: Promtool) -> None:
    promtool.expect(up("http", dead("a", "b", "c")), 'NetwatchTargetDown{target="it"}')


def test_targets_that_are_down_for_one_node_are_that_node_s_alert(promtool: Promtool) -> None:
    series = {**up("http", dead("b")), **up("dns", dead("b"), "dns")}
    promtool.expect(series, 'NetwatchNodeMissesTargets{node="b", node_zone="west", zone="west"}')
    assert "2 targets that most other nodes reach" in promtool.words(
        series, "NetwatchNodeMissesTargets"
    )


def test_what_a_node_misses_that_is_cut_off_is_no_alert_beside_that(promtool: Promtool) -> None:
    series = {**Cluster(zones=NODES, loss=cut_off("b", at=10)).series(), **up("http", dead("b"))}
    promtool.expect(series, 'NetwatchNodeUnreachable{node="b", target="b", zone="west"}')


def test_what_only_a_node_asks_that_is_cut_off_is_no_alert_beside_that(promtool: Promtool) -> None:
    """Its gateway, of which it knows alone."""
    gateway = {n: values for n, values in up("icmp", dead("b")).items() if 'node="b"' in n}
    series = {**Cluster(zones=NODES, loss=cut_off("b", at=10)).series(), **gateway}
    promtool.expect(series, 'NetwatchNodeUnreachable{node="b", target="b", zone="west"}')


def dead_with_c(*, until: float = 1e9, back: float = 1e9) -> Seen:
    """Let the target be down from the tenth minute on, until `back`; `c` is away `until` then."""

    def is_up(node: str, minute: float) -> float | None:
        is_there = node != "c" or not 10 <= minute < until
        return float(not 10 <= minute < back) if is_there else None

    return is_up


def without_c(*, until: float = 1e9) -> Series:
    """Return the cluster while the machine of `c` is dead."""
    return Cluster(
        zones=NODES,
        loss=cut_off("c", at=10, until=until),
        is_scraped=lambda node, minute: node != "c" or not 10 <= minute < until,
    ).series()


def test_a_dead_node_and_all_that_runs_on_it_is_one_alert(promtool: Promtool) -> None:
    """A name server, an endpoint of a Service, and an API server that has the node's address."""
    story = together(
        without_c(),
        up("dns", dead_with_c(), target="coredns-0"),
        answered("dns", dead_with_c(), target="coredns-0"),
        runs_on("c", "dns", "coredns-0"),
        up("http", dead_with_c(), target="wiki-0"),
        runs_on("c", "http", "wiki-0"),
        seen("netwatch_target_up", dead_with_c(), probe="http", target="api", at=address("c")),
    )
    promtool.expect(
        story,
        'NetwatchNodeUnreachable{node="c", target="c", zone="east"}',
        'NetwatchAgentMissing{node="c", target="c", zone="east"}',  # Alertmanager keeps it back
    )


def test_what_runs_on_a_node_that_is_back_has_time_to_start(promtool: Promtool) -> None:
    story = together(
        without_c(until=18),
        up("dns", dead_with_c(until=18, back=22), target="coredns-0"),
        answered("dns", dead_with_c(until=18, back=22), target="coredns-0"),
        runs_on("c", "dns", "coredns-0"),
    )
    promtool.expect(story, 'NetwatchNodeUnreachable{node="c", target="c", zone="east"}')


def test_what_does_not_start_on_a_node_that_is_back_is_an_alert(promtool: Promtool) -> None:
    story = together(
        without_c(until=18),
        up("http", dead_with_c(until=18), target="wiki-0"),
        runs_on("c", "http", "wiki-0"),
    )
    promtool.expect(
        story,
        'NetwatchNodeUnreachable{node="c", target="c", zone="east"}',
        'NetwatchTargetDown{target="wiki-0"}',
    )


def test_what_goes_with_a_node_that_leaves_is_no_alert(promtool: Promtool) -> None:
    """Pods of DaemonSets stay there to the end. All that is said of the node is that it leaves."""
    node = f'check="nodes", probe="icmp", target="c", address="{address("c")}", state="leaving"'
    story = together(
        {f'netwatch_target_state{{{node}, network="host", node="a"}}': over(MINUTES, lambda _: 1)},
        up("http", dead_with_c(), target="ingress-c"),
        runs_on("c", "http", "ingress-c"),
    )
    promtool.expect(story)


def test_what_fails_on_a_living_node_is_an_alert_beside_a_dead_one(promtool: Promtool) -> None:
    story = together(
        without_c(), up("dns", dead_with_c(), target="coredns-1"), runs_on("b", "dns", "coredns-1")
    )
    promtool.expect(
        story,
        'NetwatchNodeUnreachable{node="c", target="c", zone="east"}',
        'NetwatchAgentMissing{node="c", target="c", zone="east"}',
        'NetwatchDnsFailing{target="coredns-1"}',
    )


def test_a_name_server_that_a_cut_off_node_misses_for_long_is_no_alert_beside_that(
    promtool: Promtool,
) -> None:
    """Of two nodes, so that it is half of those that ask; the agent is still scraped."""

    def share(node: str, minute: float) -> float | None:
        return None if node in "cd" else float(node != "b" or not 10 <= minute < 30)

    cluster = Cluster(zones={"a": "west", "b": "west"}, loss=cut_off("b", at=10, until=30))
    promtool.expect(
        together(cluster.series(), answered("dns", share)),
        *(f'NetwatchNodeUnreachable{{node="{n}", target="{n}", zone="west"}}' for n in "ab"),
    )


def gateway(is_up: Seen, received: Seen) -> Series:
    """Return a gateway; a counter of its answers is 0 where they never came."""
    target, counter = "gateway-eth0", "netwatch_icmp_packets_received_total"
    return together(
        up("icmp", is_up, "gateways", target),
        seen(counter, received, probe="icmp", check="gateways", target=target),
    )


def test_a_gateway_that_never_answers_pings_is_no_alert(promtool: Promtool) -> None:
    promtool.expect(gateway(always(0), always(0)))


def test_a_gateway_that_answers_no_more_is_an_alert_even_if_the_agents_start_anew(
    promtool: Promtool,
) -> None:
    def received(_node: str, minute: float) -> float:
        return min(minute, 10) * 60 if minute < 20 else 0.0

    story = gateway(dead("a", "b", "c", "d"), received)
    promtool.expect(story, 'NetwatchTargetDown{target="gateway-eth0"}')
    assert "gateway-eth0" in promtool.words(story, "NetwatchTargetDown")


def test_a_node_whose_gateway_answers_others_and_it_no_more_is_an_alert(promtool: Promtool) -> None:
    story = gateway(dead("b"), lambda _node, minute: min(minute, 10) * 60)
    promtool.expect(story, 'NetwatchNodeMissesTargets{node="b", node_zone="west", zone="west"}')


def test_a_target_that_the_agents_of_both_networks_miss_is_one_alert(promtool: Promtool) -> None:
    is_up = dead("a", "b", "c", "d")
    story = together(up("http", is_up), up("http", is_up, network="pod"))
    promtool.expect(story, 'NetwatchTargetDown{target="it"}')
    words = promtool.words(story, "NetwatchTargetDown")
    assert "in the host network, in the pod network: it is the target" in words


def test_a_target_that_pods_alone_miss_is_an_alert_that_says_so(promtool: Promtool) -> None:
    story = together(up("http", dead()), up("http", dead("a", "b", "c", "d"), network="pod"))
    promtool.expect(story, 'NetwatchTargetDown{target="it"}')
    assert "ask it, in the pod network: it is the target" in promtool.words(
        story, "NetwatchTargetDown"
    )


def test_a_node_that_misses_a_target_in_both_networks_misses_one(promtool: Promtool) -> None:
    story = together(up("http", dead("b")), up("http", dead("b"), network="pod"))
    promtool.expect(story, 'NetwatchNodeMissesTargets{node="b", node_zone="west", zone="west"}')
    assert "1 targets that most" in promtool.words(story, "NetwatchNodeMissesTargets")


def test_a_restart_of_a_target_is_no_alert(promtool: Promtool) -> None:
    promtool.expect(up("tcp", lambda _, minute: float(not 10 <= minute < 11.5)))


def test_a_name_server_that_is_down_for_most_is_one_alert(promtool: Promtool) -> None:
    promtool.expect(up("dns", dead("a", "b", "c", "d")), 'NetwatchDnsFailing{target="it"}')


def test_a_name_that_most_do_not_find_is_an_alert_that_blames_no_server_of_that_name(
    promtool: Promtool,
) -> None:
    series = up("resolve", dead("a", "b", "c", "d"), "dns-system")
    promtool.expect(series, 'NetwatchNamesFailing{target="it"}')
    words = promtool.words(series, "NetwatchNamesFailing")
    assert "Most nodes have looked up it as programs do (check dns-system)" in words


def test_a_name_server_that_fails_a_tenth_of_the_questions_is_an_alert(promtool: Promtool) -> None:
    for probe, alert in (("dns", "NetwatchDnsFailing"), ("resolve", "NetwatchNamesFailing")):
        tenth = answered(probe, lambda _, minute: 0.9 if minute > 10 else 1.0)
        promtool.expect(together(up(probe, dead()), tenth), f'{alert}{{target="it"}}')


def test_a_name_server_that_fails_for_one_node_or_a_minute_is_none(promtool: Promtool) -> None:
    def share(node: str, minute: float) -> float:
        return 0.5 if node == "b" or 10 <= minute < 11 else 1.0

    promtool.expect({**up("dns", dead()), **answered("dns", share)})


def test_a_slow_name_server_is_an_alert(promtool: Promtool) -> None:
    promtool.expect(slow("dns", 0.5), 'NetwatchDnsSlow{target="it"}')


def test_a_name_that_takes_long_is_an_alert_of_its_own(promtool: Promtool) -> None:
    promtool.expect(slow("resolve", 0.5), 'NetwatchNamesSlow{target="it"}')


def test_a_fast_name_server_and_a_slow_web_server_are_none(promtool: Promtool) -> None:
    promtool.expect({**slow("dns", 0.025), **slow("http", 0.5)})


def slow(probe: str, seconds: float) -> Series:
    """Return durations of which all are in the bucket up to `seconds`."""
    series: dict[str, Values] = {}
    for bound in ("0.01", "0.025", "0.1", "0.5", "+Inf"):
        rate = float(seconds <= float(bound))
        family, more = "netwatch_probe_duration_seconds_bucket", f', le="{bound}"'
        buckets = seen(family, lambda *_: 0.0, probe=probe, more=more)
        series |= dict.fromkeys(buckets, growing(MINUTES, per_minute=rate * 60))
    return series


def path(target: str, is_up: Seen, network: str = "host") -> Series:
    return seen(
        "netwatch_service_path_up", is_up, probe="service_path", target=target, network=network
    )


def test_a_service_that_leads_nowhere_on_most_nodes_is_one_alert(promtool: Promtool) -> None:
    series = {**path("api", dead("a", "b", "c", "d")), **path("dns", dead())}
    promtool.expect(series, 'NetwatchServicePathBroken{target="api"}')


def test_a_node_on_which_services_lead_nowhere_is_one_alert(promtool: Promtool) -> None:
    series = {**path("api", dead("b")), **path("dns", dead("b"))}
    promtool.expect(series, 'NetwatchNodeServicePathsBroken{node="b"}')
    assert "the addresses of 2 Services" in promtool.words(series, "NetwatchNodeServicePathsBroken")


def test_a_service_that_leads_nowhere_in_both_networks_is_one_alert(promtool: Promtool) -> None:
    is_up = dead("a", "b", "c", "d")
    story = together(path("api", is_up), path("api", is_up, network="pod"))
    promtool.expect(story, 'NetwatchServicePathBroken{target="api"}')


def test_a_service_that_leads_nowhere_on_a_node_in_both_networks_is_counted_once(
    promtool: Promtool,
) -> None:
    story = together(path("api", dead("b")), path("api", dead("b"), network="pod"))
    promtool.expect(story, 'NetwatchNodeServicePathsBroken{node="b"}')
    words = promtool.words(story, "NetwatchNodeServicePathsBroken")
    assert "the addresses of 1 Services" in words


def test_rules_that_come_a_minute_late_are_no_alert(promtool: Promtool) -> None:
    promtool.expect(path("api", lambda _, minute: float(not 10 <= minute < 11)))


@pytest.mark.parametrize(("days", "fires"), [(13, True), (15, False), (-1, True)])
def test_a_certificate_is_an_alert_two_weeks_before_its_end(
    promtool: Promtool, days: int, *, fires: bool
) -> None:
    family, end = "netwatch_tls_chain_not_after_timestamp_seconds", 90 * 60 + days * DAY
    ends = seen(family, lambda *_: end, probe="http", minutes=90)
    promtool.expect(ends, *(['NetwatchCertificateExpiring{target="it"}'] if fires else []))

"""charts/netwatch/rules/services.yaml: is it the target, or is it the node that asks?"""

from collections.abc import Callable
from functools import partial

import pytest

from tests.charts.rules.cluster import Cluster, cut_off
from tests.charts.rules.promtool import Promtool, Series, Values, counted, growing, over

NODES = {"a": "west", "b": "west", "c": "east", "d": "east"}
MINUTES = 40
DAY = 86400.0

Seen = Callable[[str, float], float]
"""A value by the node that sees it, and by the minute of the story."""


def seen(
    family: str,
    value: Seen,
    *,
    probe: str,
    check: str = "mine",
    target: str = "it",
    more: str = "",
    minutes: float = MINUTES,
) -> Series:
    """Return the series of one target, one for each node."""
    labels = f'check="{check}", probe="{probe}", target="{target}", address="10.96.0.10"{more}'
    return {
        f'{family}{{{labels}, network="host", node="{node}", node_zone="{zone}"}}': over(
            minutes, partial(value, node)
        )
        for node, zone in NODES.items()
    }


def up(probe: str, is_up: Seen, check: str = "mine") -> Series:
    return seen("netwatch_target_up", is_up, probe=probe, check=check)


def answered(probe: str, share: Seen) -> Series:
    """Return attempts, one a second, of which that share succeeds."""
    attempts = seen("netwatch_probe_attempts_total", lambda *_: 1.0, probe=probe)
    successes = seen("netwatch_probe_successes_total", share, probe=probe)
    return {name: counted(rates) for name, rates in {**attempts, **successes}.items()}


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


def test_a_restart_of_a_target_is_no_alert(promtool: Promtool) -> None:
    promtool.expect(up("tcp", lambda _, minute: float(not 10 <= minute < 11.5)))


@pytest.mark.parametrize("probe", ["dns", "resolve"])
def test_a_name_server_that_is_down_for_most_is_one_alert(promtool: Promtool, probe: str) -> None:
    promtool.expect(up(probe, dead("a", "b", "c", "d")), 'NetwatchDnsFailing{target="it"}')


def test_a_name_server_that_fails_a_tenth_of_the_questions_is_an_alert(promtool: Promtool) -> None:
    series = {**up("dns", dead()), **answered("dns", lambda _, minute: 0.9 if minute > 10 else 1.0)}
    promtool.expect(series, 'NetwatchDnsFailing{target="it"}')


def test_a_name_server_that_fails_for_one_node_or_a_minute_is_none(promtool: Promtool) -> None:
    def share(node: str, minute: float) -> float:
        return 0.5 if node == "b" or 10 <= minute < 11 else 1.0

    promtool.expect({**up("dns", dead()), **answered("dns", share)})


def test_a_slow_name_server_is_an_alert(promtool: Promtool) -> None:
    promtool.expect(slow("dns", 0.5), 'NetwatchDnsSlow{target="it"}')


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


def path(target: str, is_up: Seen) -> Series:
    return seen("netwatch_service_path_up", is_up, probe="service_path", target=target)


def test_a_service_that_leads_nowhere_on_most_nodes_is_one_alert(promtool: Promtool) -> None:
    series = {**path("api", dead("a", "b", "c", "d")), **path("dns", dead())}
    promtool.expect(series, 'NetwatchServicePathBroken{target="api"}')


def test_a_node_on_which_services_lead_nowhere_is_one_alert(promtool: Promtool) -> None:
    series = {**path("api", dead("b")), **path("dns", dead("b"))}
    promtool.expect(series, 'NetwatchNodeServicePathsBroken{node="b"}')
    assert "the addresses of 2 Services" in promtool.words(series, "NetwatchNodeServicePathsBroken")


def test_rules_that_come_a_minute_late_are_no_alert(promtool: Promtool) -> None:
    promtool.expect(path("api", lambda _, minute: float(not 10 <= minute < 11)))


@pytest.mark.parametrize(("days", "fires"), [(13, True), (15, False), (-1, True)])
def test_a_certificate_is_an_alert_two_weeks_before_its_end(
    promtool: Promtool, days: int, *, fires: bool
) -> None:
    family, end = "netwatch_tls_chain_not_after_timestamp_seconds", 90 * 60 + days * DAY
    ends = seen(family, lambda *_: end, probe="http", minutes=90)
    promtool.expect(ends, *(['NetwatchCertificateExpiring{target="it"}'] if fires else []))

"""charts/netwatch/rules/kube-proxy.yaml: does kube-proxy do its work?"""

from collections.abc import Callable

import pytest

from tests.charts.rules.promtool import Promtool, Series, growing, over, together

MINUTES = 40
LABELS = 'network="host", node="{}", check="kube-proxy", probe="kube_proxy", target="kube-proxy"'


def told(
    family: str, value: Callable[[float], float | None], more: str = "", node: str = "a"
) -> Series:
    """Return a series of a node, with more labels."""
    return {f"{family}{{{LABELS.format(node)}{more}}}": over(MINUTES, value)}


def state(name: str, *nodes: str) -> Series:
    """Return the state of the kube-proxies of these nodes, or of `a`."""
    more = f', state="{name}"'
    return together(
        *(told("netwatch_kube_proxy_state", lambda _: 1, more, node) for node in nodes or "a")
    )


def down_from(minute_from: float, until: float = 1e9) -> Series:
    return told("netwatch_target_up", lambda minute: float(not minute_from <= minute < until))


def test_a_kube_proxy_that_is_down_or_unhealthy_is_an_alert(promtool: Promtool) -> None:
    promtool.expect(down_from(10), 'NetwatchKubeProxyUnhealthy{node="a"}')


def test_a_restart_of_kube_proxy_is_none(promtool: Promtool) -> None:
    promtool.expect(down_from(10, until=12))


def test_a_kube_proxy_that_drains_its_node_or_is_not_there_is_none(promtool: Promtool) -> None:
    promtool.expect({**state("draining"), **down_from(1e9)})
    promtool.expect(state("absent"))


def test_a_kube_proxy_that_is_absent_where_most_nodes_have_one_is_an_alert(
    promtool: Promtool,
) -> None:
    """It was dead before the agent began to look."""
    series = together(state("absent", "a"), state("healthy", "b", "c"))
    promtool.expect(series, 'NetwatchKubeProxyUnhealthy{node="a"}')


def test_a_kube_proxy_that_most_nodes_do_not_have_is_not_missed(promtool: Promtool) -> None:
    """Another program takes over, node by node."""
    promtool.expect(together(state("absent", "a", "b"), state("healthy", "c")))


def test_a_sync_that_does_not_come_is_one_alert(promtool: Promtool) -> None:
    series = {
        **state("stalled"),
        **down_from(0),
        **told(
            "netwatch_kube_proxy_sync_pending_seconds",
            lambda minute: max(minute - 10, 0) * 60,
            ', ip_family="IPv4"',
        ),
    }
    promtool.expect(series, 'NetwatchKubeProxySyncPending{node="a"}')


def test_a_sync_that_takes_half_a_minute_is_none(promtool: Promtool) -> None:
    series = told("netwatch_kube_proxy_sync_pending_seconds", lambda m: 30.0 if int(m) % 2 else 0.0)
    promtool.expect(series)


@pytest.mark.parametrize(("until", "fires"), [(1e9, True), (13, False)])
def test_rules_that_cannot_be_written_again_and_again_are_an_alert(
    promtool: Promtool, until: float, *, fires: bool
) -> None:
    series = told(
        "netwatch_kube_proxy_sync_failures_total",
        lambda minute: max(min(minute, until) - 12, 0.0),
        ', operation="restore"',
    )
    promtool.expect(series, *(['NetwatchKubeProxyRestoreFailing{node="a"}'] if fires else []))


def programmed(seconds: float, *nodes: str) -> Series:
    """Return the kube-proxies of these nodes, who take that long for all changes."""
    scraped = [f'network="host", node="{node}", instance="{node}:9847"' for node in nodes]
    agents = {f"netwatch_build_info{{{labels}}}": over(MINUTES, lambda _: 1) for labels in scraped}
    return together(agents, *(durations(seconds, labels) for labels in scraped))


def durations(seconds: float, labels: str) -> Series:
    family = "kubeproxy_network_programming_duration_seconds_bucket"
    return {
        f'{family}{{{labels}, le="{bound}"}}': growing(
            MINUTES, per_minute=float(seconds <= float(bound))
        )
        for bound in ("1", "10", "30", "60", "+Inf")
    }


def test_changes_that_take_long_are_one_alert_that_names_the_slowest(promtool: Promtool) -> None:
    series = {**programmed(45, "a", "b"), **programmed(5, "c", "d")}
    promtool.expect(series, "NetwatchProgrammingSlow{}")
    words = promtool.words(series, "NetwatchProgrammingSlow")
    assert "On 2 nodes" in words
    assert "a (59.7s)" in words


def test_a_kube_proxy_that_prometheus_scrapes_itself_is_no_second_alert(
    promtool: Promtool,
) -> None:
    itself = durations(45, 'job="kube-proxy", instance="10.0.0.1:10249"')
    promtool.expect(together(programmed(45, "a", "b"), itself), "NetwatchProgrammingSlow{}")


def test_changes_that_take_ten_seconds_are_none(promtool: Promtool) -> None:
    promtool.expect(programmed(8, "a", "b"))

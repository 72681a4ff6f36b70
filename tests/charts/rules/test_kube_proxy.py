"""charts/netwatch/rules/kube-proxy.yaml: does kube-proxy do its work?"""

from collections.abc import Callable

import pytest

from tests.charts.rules.promtool import Promtool, Series, growing, over

MINUTES = 40
LABELS = 'network="host", node="{}", check="kube-proxy", probe="kube_proxy", target="kube-proxy"'


def told(family: str, value: Callable[[float], float | None], more: str = "") -> Series:
    """Return a series of the node `a`, with more labels."""
    return {f"{family}{{{LABELS.format('a')}{more}}}": over(MINUTES, value)}


def state(name: str) -> Series:
    return told("netwatch_kube_proxy_state", lambda _: 1, f', state="{name}"')


def down_from(minute_from: float, until: float = 1e9) -> Series:
    return told("netwatch_target_up", lambda minute: float(not minute_from <= minute < until))


def test_a_kube_proxy_that_is_down_or_unhealthy_is_an_alert(promtool: Promtool) -> None:
    promtool.expect(down_from(10), 'NetwatchKubeProxyUnhealthy{node="a"}')


def test_a_restart_of_kube_proxy_is_none(promtool: Promtool) -> None:
    promtool.expect(down_from(10, until=12))


def test_a_kube_proxy_that_drains_its_node_or_is_not_there_is_none(promtool: Promtool) -> None:
    promtool.expect({**state("draining"), **down_from(1e9)})
    promtool.expect(state("absent"))


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
    family = "kubeproxy_network_programming_duration_seconds_bucket"
    return {
        f'{family}{{network="host", node="{node}", le="{bound}"}}': growing(
            MINUTES, per_minute=float(seconds <= float(bound))
        )
        for node in nodes
        for bound in ("1", "10", "30", "60", "+Inf")
    }


def test_changes_that_take_long_are_one_alert_that_names_the_slowest(promtool: Promtool) -> None:
    series = {**programmed(45, "a", "b"), **programmed(5, "c", "d")}
    promtool.expect(series, "NetwatchProgrammingSlow{}")
    words = promtool.words(series, "NetwatchProgrammingSlow")
    assert "On 2 nodes" in words
    assert "a (59.7s)" in words


def test_changes_that_take_ten_seconds_are_none(promtool: Promtool) -> None:
    promtool.expect(programmed(8, "a", "b"))

"""From a broken network to a notification: agents, Prometheus and Alertmanager as in a cluster."""

import time
from collections.abc import Callable

import pytest

from tests.charts.rules.monitoring import Monitoring, time_lapse
from tests.namespaces import Namespace, connect
from tests.programs import StartAgent, eventually

ZONES = {"a": "west", "b": "west", "c": "east"}
ADDRESSES = {node: f"10.9.{index}.2" for index, node in enumerate(ZONES, 1)}
PAIRS = len(ZONES) * (len(ZONES) - 1)
CUT = """\
add rule inet t input iifname != lo drop
add rule inet t output oifname != lo drop
"""
WATCHED_SECONDS = 8
"""More than the interval of a group, after which a second notification would come."""


def config() -> str:
    targets = ", ".join(
        f"{{name: {node}, host: {ADDRESSES[node]}, zone: {zone}}}" for node, zone in ZONES.items()
    )
    probe = "{icmp: {interval: 100ms, timeout: 500ms}}"
    return f"checks: {{nodes: {{source: {{static: [{targets}]}}, probe: {probe}}}}}"


def wire_up(switch: Namespace, netns: Callable[[str], Namespace]) -> dict[str, Namespace]:
    """Return the nodes, which reach each other through the switch."""
    switch.sysctl("net.ipv4.ip_forward", 1)
    nodes = {name: netns(name) for name in ZONES}
    for index, node in enumerate(nodes.values(), 1):
        connect(switch, node, subnet=index)
        node.ip(f"route add default via 10.9.{index}.1")
    return nodes


def agents() -> list[tuple[str, dict[str, str]]]:
    return [
        (f"{ADDRESSES[node]}:9847", {"node": node, "node_zone": zone, "network": "host"})
        for node, zone in ZONES.items()
    ]


@pytest.mark.netns
@pytest.mark.timeout(150)
def test_a_node_that_is_cut_off_is_one_notification_and_one_more_when_it_is_back(
    switch: Namespace,
    netns: Callable[[str], Namespace],
    start_agent: StartAgent,
    monitoring: Monitoring,
) -> None:
    nodes = wire_up(switch, netns)
    for name, node in nodes.items():
        with node:
            start_agent(config(), listen=[f"{ADDRESSES[name]}:9847"])
    with monitoring.running(agents()):
        notifications = monitoring.webhook.notifications
        eventually(lambda: len(monitoring.query("pair:netwatch_up:min == 1")) == PAIRS)
        nodes["c"].nft(CUT)
        eventually(lambda: notifications, monitoring.states)
        # What else comes of it reaches Alertmanager, and nobody else.
        eventually(
            lambda: monitoring.states().get("NetwatchAgentMissing") == "suppressed",
            monitoring.states,
        )
        time.sleep(WATCHED_SECONDS)  # nothing tells that nothing comes
        assert [told(one) for one in notifications] == [
            ("firing", [("NetwatchNodeUnreachable", "c", "east", "critical")])
        ]
        nodes["c"].forget_rules()
        eventually(lambda: len(notifications) > 1, monitoring.states)
        assert [told(one) for one in notifications[1:]] == [
            ("resolved", [("NetwatchNodeUnreachable", "c", "east", "critical")])
        ]


def told(notification: dict[str, object]) -> tuple[object, list[tuple[str, ...]]]:
    names = ("alertname", "node", "zone", "severity")
    alerts = notification["alerts"]
    assert isinstance(alerts, list)
    return notification["status"], [tuple(a["labels"][n] for n in names) for a in alerts]


NODE = {"node": "c", "zone": "east"}


@pytest.mark.netns
@pytest.mark.parametrize(
    ("cause", "keeps_back", "lets_pass"),
    [
        (
            {"alertname": "NetwatchNodeUnreachable", **NODE},
            [
                {"alertname": "NetwatchAgentMissing", **NODE},
                {"alertname": "NetwatchKubeProxyUnhealthy", "node": "c"},
                {"alertname": "NetwatchNodeMissesTargets", **NODE},
            ],
            [
                {"alertname": "NetwatchAgentTrouble", "node": "d"},
                {"alertname": "NetwatchAgentsGone"},
                {"alertname": "SomebodyElses", "node": "c"},
            ],
        ),
        (
            {"alertname": "NetwatchNodeReachesFewPeers", **NODE},
            [{"alertname": "NetwatchNodeMissesTargets", **NODE}],
            [{"alertname": "NetwatchNodeUnreachable", "node": "d"}],
        ),
        (
            {"alertname": "NetwatchZonePathDown", "node_zone": "west", "zone": "east"},
            [
                {"alertname": "NetwatchNodeUnreachable", **NODE},
                {"alertname": "NetwatchNodeReachesFewPeers", **NODE},
                {"alertname": "NetwatchLargePacketsLost"},
            ],
            [
                {"alertname": "NetwatchNodeLossy", "node": "a", "zone": "west"},
                {"alertname": "NetwatchDnsFailing", "target": "dns"},
            ],
        ),
        (
            {"alertname": "NetwatchNodeServicePathsBroken", "node": "c"},
            [{"alertname": "NetwatchKubeProxySyncPending", "node": "c"}],
            [{"alertname": "NetwatchKubeProxyUnhealthy", "node": "d"}],
        ),
        (
            {"alertname": "NetwatchServicePathBroken", "target": "kube-system/kube-dns"},
            [{"alertname": "NetwatchDnsFailing", "target": "kube-system/kube-dns"}],
            [{"alertname": "NetwatchTargetDown", "target": "wiki"}],
        ),
        (
            {"alertname": "NetwatchDnsFailing", "target": "coredns-0"},
            [
                {"alertname": "NetwatchNamesFailing", "target": "kubernetes.default"},
                {"alertname": "NetwatchNamesSlow", "target": "kubernetes.default"},
            ],
            [{"alertname": "NetwatchDnsSlow", "target": "coredns-1"}],
        ),
        (
            {"alertname": "NetwatchDnsSlow", "target": "coredns-0"},
            [{"alertname": "NetwatchNamesSlow", "target": "kubernetes.default"}],
            [{"alertname": "NetwatchNamesFailing", "target": "kubernetes.default"}],
        ),
    ],
    ids=lambda value: value["alertname"] if isinstance(value, dict) else "",
)
def test_a_cause_keeps_back_what_follows_from_it_and_nothing_else(
    monitoring: Monitoring,
    cause: dict[str, str],
    keeps_back: list[dict[str, str]],
    lets_pass: list[dict[str, str]],
) -> None:
    with monitoring.running():
        monitoring.raise_alerts(cause, *keeps_back, *lets_pass)
        states = monitoring.states()
    assert states == {
        cause["alertname"]: "active",
        **{labels["alertname"]: "suppressed" for labels in keeps_back},
        **{labels["alertname"]: "active" for labels in lets_pass},
    }


def test_a_minute_of_a_file_becomes_a_second_and_no_number_changes() -> None:
    rule = {"expr": "rate(a[5m]) > 600 and b[1d]", "for": "2m", "labels": {"to": "in 2m or more"}}
    assert time_lapse({"rules": [rule]}) == {
        "rules": [
            {"expr": "rate(a[5s]) > 600 and b[24m]", "for": "2s", "labels": {"to": "in 2m or more"}}
        ]
    }

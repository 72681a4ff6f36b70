"""charts/netwatch/rules/agent.yaml: can the agents be believed?"""

from collections.abc import Callable

import pytest

from tests.charts.rules.cluster import Cluster
from tests.charts.rules.promtool import Promtool, Series, over, together

THREE = {"a": "west", "b": "west", "c": "east"}
MINUTES = 40


def told(
    family: str,
    value: Callable[[float], float | None],
    node: str = "a",
    more: str = "",
    network: str = "host",
) -> Series:
    """Return a series of one agent."""
    return {f'{family}{{network="{network}", node="{node}"{more}}}': over(MINUTES, value)}


@pytest.mark.parametrize(
    ("alert", "family", "value"),
    [
        ('NetwatchAgentTrouble{node="a"}', "netwatch_loop_lag_seconds", lambda _: 0.7),
        ('NetwatchClockStepping{node="a"}', "netwatch_clock_steps_total", lambda m: m // 10),
        ("NetwatchSourceStale{}", "netwatch_source_age_seconds", lambda m: m * 60),
    ],
)
def test_what_the_agents_of_both_networks_say_is_one_alert(
    promtool: Promtool, alert: str, family: str, value: Callable[[float], float]
) -> None:
    promtool.expect(together(told(family, value), told(family, value, network="pod")), alert)


def test_a_node_without_agent_is_an_alert(promtool: Promtool) -> None:
    cluster = Cluster(zones=THREE, is_scraped=lambda node, minute: node != "c" or minute < 10)
    promtool.expect(cluster.series(), 'NetwatchAgentMissing{node="c", target="c", zone="east"}')


def test_a_node_without_the_agents_of_either_network_is_one_alert(promtool: Promtool) -> None:
    clusters = (
        Cluster(
            zones=THREE,
            is_scraped=lambda node, minute: node != "c" or minute < 10,
            network=network,
        ).series()
        for network in ("host", "pod")
    )
    series = together(*clusters)
    promtool.expect(series, 'NetwatchAgentMissing{node="c", target="c", zone="east"}')
    words = promtool.words(series, "NetwatchAgentMissing")
    assert "in the host network, in the pod network: it does not run" in words


def test_an_agent_that_never_came_is_an_alert(promtool: Promtool) -> None:
    """It is pending, or its node was forgotten."""
    cluster = Cluster(zones=THREE, is_scraped=lambda node, _minute: node != "c")
    promtool.expect(cluster.series(), 'NetwatchAgentMissing{node="c", target="c", zone="east"}')


def test_an_agent_that_is_away_for_five_minutes_is_none(promtool: Promtool) -> None:
    cluster = Cluster(
        zones=THREE, is_scraped=lambda node, minute: node != "c" or not 10 <= minute < 15
    )
    promtool.expect(cluster.series())


def test_no_agent_is_missed_where_nobody_says_on_which_nodes_they_are(promtool: Promtool) -> None:
    promtool.expect(
        {
            'netwatch_build_info{instance="10.0.0.1:9847"}': over(MINUTES, lambda _: 1),
            'netwatch_target_up{check="nodes", target="b"}': over(MINUTES, lambda _: 1),
        }
    )


def test_no_agent_at_all_is_an_alert(promtool: Promtool) -> None:
    cluster = Cluster(zones=THREE, is_scraped=lambda _node, minute: minute < 10)
    promtool.expect(cluster.series(), "NetwatchAgentsGone{}")


def test_a_source_that_fails_for_all_agents_is_one_alert(promtool: Promtool) -> None:
    more = ', check="nodes", source="nodes"'
    series = {
        **told("netwatch_source_age_seconds", lambda m: max(m - 5, 0) * 60, "a", more),
        **told("netwatch_source_age_seconds", lambda m: max(m - 6, 0) * 60, "b", more),
    }
    promtool.expect(series, "NetwatchSourceStale{}")
    assert "The source nodes of the check nodes has failed for 34m" in promtool.words(
        series, "NetwatchSourceStale"
    )


def test_an_upgrade_of_the_api_server_is_none(promtool: Promtool) -> None:
    promtool.expect(
        told("netwatch_source_age_seconds", lambda m: (m - 5) * 60 if 5 <= m < 14 else 0.0)
    )


def test_a_clock_that_is_set_again_and_again_is_an_alert(promtool: Promtool) -> None:
    promtool.expect(
        told("netwatch_clock_steps_total", lambda minute: minute // 10),
        'NetwatchClockStepping{node="a"}',
    )


def test_a_clock_that_is_set_once_is_none(promtool: Promtool) -> None:
    promtool.expect(told("netwatch_clock_steps_total", lambda minute: float(minute > 5)))


@pytest.mark.parametrize(
    ("family", "value"),
    [
        ("netwatch_loop_lag_seconds", lambda _: 0.7),
        ("netwatch_schedule_lag_seconds", lambda _: 0.7),
        ("netwatch_icmp_socket_drops_total", lambda minute: minute * 3),
        ("netwatch_local_errors_total", lambda minute: minute),
    ],
)
def test_an_agent_that_cannot_measure_is_an_alert(
    promtool: Promtool, family: str, value: Callable[[float], float]
) -> None:
    promtool.expect(told(family, value), 'NetwatchAgentTrouble{node="a"}')


def test_an_agent_with_all_troubles_at_once_is_one_alert(promtool: Promtool) -> None:
    promtool.expect(
        {
            **told("netwatch_loop_lag_seconds", lambda _: 0.7),
            **told("netwatch_schedule_lag_seconds", lambda _: 0.7),
            **told("netwatch_icmp_socket_drops_total", lambda minute: minute),
            **told("netwatch_local_errors_total", lambda minute: minute),
        },
        'NetwatchAgentTrouble{node="a"}',
    )


def test_a_spell_of_lag_is_none(promtool: Promtool) -> None:
    promtool.expect(
        told("netwatch_loop_lag_seconds", lambda minute: 2.0 if 10 <= minute < 20 else 0.01)
    )


def test_a_configuration_that_all_agents_refuse_is_one_alert(promtool: Promtool) -> None:
    series = {
        **told("netwatch_config_last_reload_successful", lambda m: float(m < 10), "a"),
        **told("netwatch_config_last_reload_successful", lambda m: float(m < 11), "b"),
    }
    promtool.expect(series, "NetwatchReloadFailed{}")
    assert "2 agents have refused" in promtool.words(series, "NetwatchReloadFailed")


def test_a_mistake_that_is_mended_at_once_is_none(promtool: Promtool) -> None:
    promtool.expect(
        told("netwatch_config_last_reload_successful", lambda m: float(not 10 <= m < 13))
    )

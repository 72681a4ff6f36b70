"""An installation is well if nothing restarted, complained or failed, and it measures."""

import pytest

from scripts.installed import (
    MUST_BE_ONE,
    MUST_BE_ZERO,
    Object,
    log_troubles,
    metric_troubles,
    node_troubles,
    pod_troubles,
)
from tests.programs import StartAgent
from tests.test_docs import declared_families

GOOD = """\
2026-11-21T09:30:08.413Z INFO netwatch 0.1.0 runs the default configuration
time=2026-11-21T09:30:08.413Z level=info logger=netwatch.state msg="nodes: a is up"
"""


def test_a_pod_that_restarted_or_is_not_ready_is_in_trouble() -> None:
    well = {"restartCount": 0, "ready": True}
    ill = {"restartCount": 2, "ready": False}
    assert list(pod_troubles({"status": {"containerStatuses": [well]}})) == []
    found = list(pod_troubles({"status": {"containerStatuses": [ill]}}))
    assert found == ["restarted 2 times", "is not ready"]


def agent(node: str, component: str = "host-network") -> Object:
    labels = {"app.kubernetes.io/component": component}
    return {"metadata": {"labels": labels}, "spec": {"nodeName": node}}


def test_a_node_without_an_agent_in_one_of_the_networks_is_in_trouble() -> None:
    pods = [agent("b"), agent("a"), agent("b", "pod-network"), agent("a", "pod-network")]
    assert list(node_troubles(pods, ["a", "b"])) == []
    assert list(node_troubles(pods[:1], ["a", "b"])) == [
        "a has 0 agents of the host-network, expected 1"
    ]
    assert list(node_troubles([*pods, agent("a")], ["a", "b", "c"])) == [
        "a has 2 agents of the host-network, expected 1",
        "c has 0 agents of the host-network, expected 1",
        "c has 0 agents of the pod-network, expected 1",
    ]


def test_news_is_no_trouble_and_everything_else_in_a_log_is() -> None:
    assert list(log_troubles(GOOD)) == []
    bad = [
        "2026-11-21T09:30:08.413Z ERROR nodes: a (10.0.0.7) is down",
        "time=2026-11-21T09:30:08.413Z level=warning msg=late",
        "Traceback (most recent call last):",
        "",
    ]
    assert list(log_troubles(GOOD + "\n".join(bad) + "\n")) == [f"said: {line}" for line in bad]


@pytest.mark.parametrize("name", MUST_BE_ZERO)
def test_a_count_of_errors_is_trouble(name: str) -> None:
    page = f"netwatch_target_up 1\nnetwatch_config_last_reload_successful 1\n{name} "
    assert list(metric_troubles(f"{page}0\n")) == []
    assert list(metric_troubles(f"{page}3\n")) == [f"{name}{{}} is 3, expected 0"]


def test_what_is_absent_and_need_not_be_there_is_no_trouble() -> None:
    page = "netwatch_target_up 1\nnetwatch_config_last_reload_successful 1\n"
    page += 'netwatch_probe_failures_total{reason="%s"} 3\n'
    assert list(metric_troubles(page % "absent")) == []
    [trouble] = metric_troubles(page % "timeout")
    assert trouble == "netwatch_probe_failures_total{'reason': 'timeout'} is 3, expected 0"


def test_an_agent_that_measures_nothing_is_in_trouble() -> None:
    page = "netwatch_config_last_reload_successful 1\n"
    assert list(metric_troubles(page)) == ["has no netwatch_target_up"]
    down = f'{page}netwatch_target_up{{target="a"}} 0\n'
    assert list(metric_troubles(down)) == ["netwatch_target_up{'target': 'a'} is 0, expected 1"]


def test_it_looks_at_families_that_exist() -> None:
    assert set(MUST_BE_ZERO) | set(MUST_BE_ONE) <= declared_families()


def test_a_real_agent_that_is_well_is_found_to_be(start_agent: StartAgent) -> None:
    agent = start_agent("checks: {a: {source: {static: [127.0.0.1]}, probe: {icmp: }}}")
    agent.wait_for_count("netwatch_target_up")
    assert list(metric_troubles(agent.request("/metrics").text)) == []
    assert list(log_troubles(agent.log)) == []

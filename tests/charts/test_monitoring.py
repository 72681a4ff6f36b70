"""How Prometheus and Grafana come to know the agents."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.charts.helm import CHART, Object, RefusedError, Values, objects, of_kind
from tests.charts.matrix import WITH_TOKENS

MONITORS = {"ServiceMonitor": "endpoints", "PodMonitor": "podMetricsEndpoints"}


def monitor(kind: str, **more: Any) -> Object:
    return of_kind(kind, objects({"monitor": {"kind": kind, **more}}))["netwatch"]


def endpoint(kind: str = "ServiceMonitor", **more: Any) -> Object:
    [found] = monitor(kind, **more)["spec"][MONITORS[kind]]
    assert isinstance(found, dict)
    return found


def ways(values: Values) -> set[str]:
    """Return all the ways by which the agents would be scraped."""
    among = objects(values)
    kinds = {found["kind"] for found in among} & set(MONITORS)
    annotations = [
        found["spec"]["template"]["metadata"]["annotations"]
        for found in of_kind("DaemonSet", among).values()
    ]
    marked = any("prometheus.io/scrape" in one for one in annotations)
    return kinds | ({"annotations"} if marked else set())


def test_the_agents_are_scraped_through_a_service_monitor_by_default() -> None:
    assert ways({}) == {"ServiceMonitor"}


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor", "annotations"])
def test_the_agents_are_scraped_in_one_way_only(kind: str) -> None:
    assert ways({"monitor": {"kind": kind}}) == {kind}


def test_the_agents_can_be_left_alone() -> None:
    assert ways({"monitor": {"kind": "none"}}) == set()


def test_there_is_no_other_way() -> None:
    with pytest.raises(RefusedError, match="value must be one of 'ServiceMonitor', 'PodMonitor'"):
        objects({"monitor": {"kind": "Probe"}})


@pytest.mark.parametrize("kind", MONITORS)
def test_a_monitor_finds_the_agents_of_both_networks_and_no_test(kind: str) -> None:
    values = {"monitor": {"kind": kind}, "podNetwork": {"enabled": True}}
    among = objects(values)
    selector = of_kind(kind, among)["netwatch"]["spec"]["selector"]
    [exists] = selector["matchExpressions"]
    services = [found["metadata"]["labels"] for found in of_kind("Service", among).values()]
    daemons = of_kind("DaemonSet", among).values()
    pods = [found["spec"]["template"]["metadata"]["labels"] for found in daemons]
    for labels in services if kind == "ServiceMonitor" else pods:
        assert selector["matchLabels"].items() <= labels.items()
        assert exists == {"key": "app.kubernetes.io/component", "operator": "Exists"}
        assert exists["key"] in labels
    for test in of_kind("Pod", among).values():
        assert exists["key"] not in test["metadata"]["labels"]


@pytest.mark.parametrize("kind", MONITORS)
def test_every_series_says_where_it_was_measured(kind: str) -> None:
    """Its `zone` is that of the target."""
    labels = [rule["targetLabel"] for rule in endpoint(kind)["relabelings"]]
    assert labels == ["node", "network", "node_zone"]
    assert monitor(kind)["spec"]["attachMetadata"] == {"node": True}


@pytest.mark.parametrize("kind", MONITORS)
def test_the_zone_of_a_node_is_left_out_where_prometheus_may_not_read_nodes(kind: str) -> None:
    labels = [
        rule["targetLabel"] for rule in endpoint(kind, attachNodeMetadata=False)["relabelings"]
    ]
    assert labels == ["node", "network"]
    assert "attachMetadata" not in monitor(kind, attachNodeMetadata=False)["spec"]


def test_a_monitor_takes_what_else_the_operator_knows() -> None:
    found = endpoint(endpoint={"tlsConfig": {"serverName": "netwatch"}}, interval="30s")
    assert found["tlsConfig"] == {"serverName": "netwatch"}
    assert found["interval"] == "30s"
    labels = monitor("ServiceMonitor", labels={"release": "prometheus"})["metadata"]["labels"]
    assert labels["release"] == "prometheus"


def with_tokens(kind: str, **endpoint: Any) -> Object:
    values = {**WITH_TOKENS, "monitor": {"kind": kind, "endpoint": endpoint}}
    [found] = of_kind(kind, objects(values))["netwatch"]["spec"][MONITORS[kind]]
    assert isinstance(found, dict)
    return found


def test_prometheus_sends_its_own_token_where_agents_ask_for_one() -> None:
    own = "/var/run/secrets/kubernetes.io/serviceaccount/token"
    assert with_tokens("ServiceMonitor")["bearerTokenFile"] == own
    assert with_tokens("ServiceMonitor", bearerTokenFile="/t")["bearerTokenFile"] == "/t"
    assert "bearerTokenFile" not in endpoint()


@pytest.mark.parametrize("kind", MONITORS)
def test_prometheus_sends_the_token_that_the_user_names(kind: str) -> None:
    secret = {"credentials": {"name": "prometheus-token", "key": "token"}}
    found = with_tokens(kind, authorization=secret)
    assert found["authorization"] == secret
    assert "bearerTokenFile" not in found


def test_a_pod_monitor_knows_no_token_of_prometheus_itself() -> None:
    with pytest.raises(RefusedError, match=r"needs monitor\.endpoint\.authorization"):
        with_tokens("PodMonitor")


def test_annotations_say_all_that_a_scraper_needs() -> None:
    values = {"monitor": {"kind": "annotations"}, "port": 9000, "scheme": "HTTPS"}
    daemon = of_kind("DaemonSet", objects(values))["netwatch"]
    annotations = daemon["spec"]["template"]["metadata"]["annotations"]
    said = {k: v for k, v in annotations.items() if k.startswith("prometheus.io/")}
    assert said == {
        "prometheus.io/scrape": "true",
        "prometheus.io/scheme": "https",
        "prometheus.io/port": "9000",
        "prometheus.io/path": "/metrics",
    }


def test_the_rules_of_the_chart_become_objects_of_the_operator_unchanged() -> None:
    found = of_kind("PrometheusRule", objects({"prometheusRule": {"labels": {"release": "p"}}}))
    files = {f"netwatch-{path.stem}": path for path in (CHART / "rules").glob("*.yaml")}
    assert found
    assert set(found) == set(files)
    for name, rule in found.items():
        assert rule["spec"] == yaml.safe_load(files[name].read_text())
        assert rule["metadata"]["labels"]["release"] == "p"


@pytest.mark.parametrize("kind", ["annotations", "none"])
def test_there_are_no_rules_where_nobody_knows_their_kind(kind: str) -> None:
    assert of_kind("PrometheusRule", objects({"monitor": {"kind": kind}})) == {}


def test_rules_can_be_left_out() -> None:
    assert of_kind("PrometheusRule", objects({"prometheusRule": {"enabled": False}})) == {}


def test_a_dashboard_of_the_chart_becomes_a_config_map_for_the_sidecar(tmp_path: Path) -> None:
    chart = tmp_path / "netwatch"
    shutil.copytree(CHART, chart)
    (chart / "dashboards").mkdir(exist_ok=True)
    text = json.dumps({"title": 'A {{ $labels.node }} of "quotes"\n'}, indent=2)
    (chart / "dashboards" / "mine.json").write_text(text)
    found = of_kind("ConfigMap", objects(chart=chart))["netwatch-mine"]
    assert found["data"] == {"netwatch-mine.json": text}
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    without = objects({"dashboards": {"enabled": False}}, chart=chart)
    assert "netwatch-mine" not in of_kind("ConfigMap", without)


POD_NETWORK: Values = {"podNetwork": {"enabled": True}}


def test_agents_in_the_pod_network_let_each_other_and_scrapers_in() -> None:
    scrapers = [{"podSelector": {"matchLabels": {"app": "prometheus"}}}]
    values = {**POD_NETWORK, "networkPolicy": {"scrapers": scrapers, "nodes": ["10.0.0.0/16"]}}
    among = objects(values)
    policy = of_kind("NetworkPolicy", among)["netwatch-pod"]["spec"]
    agents = of_kind("DaemonSet", among)["netwatch-pod"]["spec"]["selector"]
    assert policy["podSelector"] == agents
    assert policy["egress"] == [{}]
    names = ("app.kubernetes.io/name", "app.kubernetes.io/instance")
    release = {"matchLabels": {name: agents["matchLabels"][name] for name in names}}
    assert policy["ingress"] == [
        {"from": [{"podSelector": release}, {"ipBlock": {"cidr": "10.0.0.0/16"}}]},
        {"from": scrapers, "ports": [{"port": "http", "protocol": "TCP"}]},
    ]


def test_a_network_policy_is_only_where_it_can_protect_something() -> None:
    assert of_kind("NetworkPolicy", objects()) == {}
    off = {**POD_NETWORK, "networkPolicy": {"enabled": False}}
    assert of_kind("NetworkPolicy", objects(off)) == {}

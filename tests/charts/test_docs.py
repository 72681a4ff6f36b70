"""What the documents say of the chart, docs/kubernetes.md before all."""

import json
import re
import shutil
import subprocess
import textwrap
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from netwatch.config import load
from tests.charts.helm import ROOT, RefusedError, objects, of_kind, render
from tests.charts.test_permissions import granted

TEXT = (ROOT / "docs" / "kubernetes.md").read_text()
VALUES = yaml.safe_load((ROOT / "charts" / "netwatch" / "values.yaml").read_text())
NAMES = ("NODE_NAME", "HOST_IP", "POD_IP", "POD_NAME", "POD_NAMESPACE", "NODE_SELECTOR")
VARIABLES = dict.fromkeys(NAMES, "127.0.0.1")
BLOCKS = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)]


def examples_of_values() -> list[tuple[str, Any]]:
    """Return all blocks that begin with `# values.yaml`, and where they are; some are in lists."""
    fenced = re.compile(r"```yaml\n( *# values\.yaml\n.*?)^ *```", re.DOTALL | re.MULTILINE)
    return [
        (path.stem, yaml.safe_load(textwrap.dedent(block)))
        for path in sorted((ROOT / "docs").rglob("*.md"))
        for block in fenced.findall(path.read_text())
    ]


@pytest.mark.parametrize(("where", "values"), examples_of_values())
def test_every_example_of_values_renders(where: str, values: Any) -> None:
    del where
    rendered = objects(values)
    assert of_kind("DaemonSet", rendered)
    variables = VARIABLES | {variable["name"]: "secret" for variable in values.get("env", ())}
    for made in of_kind("ConfigMap", rendered).values():
        if text := made["data"].get("netwatch.yaml"):
            load(text, "docs", variables)


def test_a_mesh_by_a_role_reads_no_nodes_and_its_service_is_the_charts() -> None:
    section = TEXT.split("### A mesh by a Role")[1]
    [text, *_] = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    values = yaml.safe_load(text)
    roles = granted(values)
    assert "*" not in roles
    slices = ("discovery.k8s.io", "endpointslices")
    assert roles["netwatch"] == {(*slices, "list"), (*slices, "watch")}
    source = values["checks"]["nodes"]["source"]["endpoints"]
    service = of_kind("Service", objects(values))[source["service"]]
    assert service["metadata"]["namespace"] == source["namespace"]


def test_every_example_of_an_object_is_one() -> None:
    examples = {block["kind"]: block for block in BLOCKS if "kind" in block}
    assert set(examples) == {"ClusterRole", "ResourceQuota"}
    for example in examples.values():
        kubernetes_validate.validate(example, "1.28", strict=True)
    quota = examples["ResourceQuota"]
    [scope] = quota["spec"]["scopeSelector"]["matchExpressions"]
    assert scope["values"] == [VALUES["priorityClassName"]]


def value(path: str) -> Any:
    found = VALUES
    for key in path.split("."):
        found = found[key]
    return found


def rows() -> list[tuple[str, str]]:
    """Return the names of values in the first column of tables, and the text of the second."""
    section = TEXT.split("## Values that matter")[1].split("\n## ")[0]
    return re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", section, re.MULTILINE)


def test_every_documented_value_exists_with_that_default() -> None:
    assert len(rows()) > 10
    for names, default in rows():
        said = re.findall(r"`([^`]*)`", default)
        for number, name in enumerate(re.findall(r"`([^`]*)`", names)):
            found = value(name)
            if said:
                assert str(found).lower() == said[number].lower()
            elif default == "none":
                assert not found


def test_the_message_of_helm_is_the_one_shown() -> None:
    shown = re.search(r"```\n(- at .*)\n```", TEXT)
    assert shown
    probe = {"http": {"valid_statuses": [200]}}
    check = {"source": {"static": ["https://wiki.example"]}, "probe": probe}
    with pytest.raises(RefusedError, match=re.escape(shown[1].lstrip("- "))):
        render({"checks": {"wiki": check}})


def a_monitor(values: Any, kind: str = "ServiceMonitor") -> dict[str, Any]:
    [monitor] = of_kind(kind, objects(values)).values()
    [endpoint] = monitor["spec"]["endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"]
    assert isinstance(endpoint, dict)
    return endpoint


@pytest.mark.parametrize("where", ["kubernetes", "categraf"])
def test_what_is_passed_on_keeps_its_labels_as_the_documents_say(where: str) -> None:
    asked = [
        values
        for page, values in examples_of_values()
        if page == where and "honorLabels" in values.get("monitor", {}).get("endpoint", {})
    ]
    assert [a_monitor(values)["honorLabels"] for values in asked] == [True]
    assert "honorLabels" not in a_monitor({})


def test_a_kubelet_without_a_certificate_is_not_asked_to_show_one() -> None:
    """As the documents set it up; tests/charts/test_helm_test.py has such an agent."""
    [values] = [values for _, values in examples_of_values() if "livenessProbe" in values]
    [container] = of_kind("DaemonSet", objects(values))["netwatch"]["spec"]["template"]["spec"][
        "containers"
    ]
    for probe in ("livenessProbe", "readinessProbe"):
        assert container[probe]["tcpSocket"] == {"port": "http"}
        assert "httpGet" not in container[probe]


def scrape_job() -> dict[str, Any]:
    [block] = [block for block in BLOCKS if "scrape_configs" in block]
    [job] = block["scrape_configs"]
    assert isinstance(job, dict)
    return job


def test_without_the_operator_the_job_adds_what_a_monitor_would() -> None:
    added = {rule["target_label"]: rule for rule in scrape_job()["relabel_configs"][3:]}
    for rule in a_monitor({"monitor": {"kind": "PodMonitor"}}, "PodMonitor")["relabelings"]:
        same = added[rule["targetLabel"]]
        assert same["source_labels"] == rule["sourceLabels"]
        assert same.get("regex") == rule.get("regex")


def test_without_the_operator_the_job_finds_agents_and_says_where_they_are(
    tmp_path: Path,
) -> None:
    """Not every promtool knows Kubernetes: what that discovers is handed to the relabeling here."""
    if shutil.which("promtool") is None:
        pytest.skip("the program promtool is not installed")
    values = {"monitor": {"kind": "annotations"}, "scheme": "HTTPS"}
    agent = of_kind("DaemonSet", objects(values))["netwatch"]["spec"]["template"]
    ports = [*agent["spec"]["containers"][0]["ports"], {"name": "other"}]
    job = {key: value for key, value in scrape_job().items() if not key.startswith("kubernetes")}
    targets = [
        {"targets": [f"10.0.0.{number}:9847"], "labels": discovered(agent["metadata"], port)}
        for number, port in enumerate(ports)
    ]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump({"scrape_configs": [job | {"static_configs": targets}]}))
    # It takes all of its time, by a loop that never rests.
    command = ["promtool", "check", "service-discovery", "--timeout=1s", str(file), "netwatch"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [found] = [one["labels"] for one in json.loads(done.stdout) if one["labels"]]
    assert found["__address__"] == "10.0.0.0:9847"
    assert found["__scheme__"] == "https"
    assert (found["job"], found["namespace"], found["pod"]) == ("netwatch", "net", "netwatch-1")
    assert (found["node"], found["network"], found["node_zone"]) == ("kube-1", "host", "a")


def discovered(metadata: Any, port: Any) -> dict[str, str]:
    """Return what Prometheus finds of a port of a pod."""
    found = {
        "namespace": "net",
        "pod_name": "netwatch-1",
        "pod_node_name": "kube-1",
        "pod_container_port_name": port["name"],
        "node_label_topology_kubernetes_io_zone": "a",
    }
    for kind in ("labels", "annotations"):
        for key, value in metadata[kind].items():
            found[f"pod_{kind[:-1]}_{re.sub('[^a-zA-Z0-9]', '_', key)}"] = value
    return {f"__meta_kubernetes_{key}": value for key, value in found.items()}

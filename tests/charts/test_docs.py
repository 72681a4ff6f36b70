"""What the documents say of the chart, docs/kubernetes.md before all."""

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
    for made in of_kind("ConfigMap", rendered).values():
        if text := made["data"].get("netwatch.yaml"):
            load(text, "docs", VARIABLES)


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


def test_without_the_operator_the_job_finds_the_pods_of_the_chart() -> None:
    pod = of_kind("DaemonSet", objects({"monitor": {"kind": "annotations"}}))["netwatch"]["spec"]
    metadata, [container] = pod["template"]["metadata"], pod["template"]["spec"]["containers"]
    name, scraped = metadata["labels"]["app.kubernetes.io/name"], "prometheus.io/scrape"
    by_pod, by_port, scheme = scrape_job()["relabel_configs"][:3]
    assert re.fullmatch(by_pod["regex"], f"{name};{metadata['annotations'][scraped]}")
    assert by_port["regex"] == container["ports"][0]["name"]
    assert re.fullmatch(scheme["regex"], metadata["annotations"]["prometheus.io/scheme"])


def test_prometheus_takes_the_job(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("the program promtool is not installed")
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump({"scrape_configs": [scrape_job()]}))
    command = ["promtool", "check", "config", "--syntax-only", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""What the documents say of the chart, docs/kubernetes.md before all."""

import re
import textwrap
from typing import Any

import kubernetes_validate
import pytest
import yaml

from netwatch.config import load
from tests.charts.helm import ROOT, RefusedError, objects, of_kind, render
from tests.charts.test_permissions import SLICES, granted

TEXT = (ROOT / "docs" / "kubernetes.md").read_text()
VALUES = yaml.safe_load((ROOT / "charts" / "netwatch" / "values.yaml").read_text())
NAMES = ("NODE_NAME", "HOST_IP", "POD_IP", "POD_NAME", "POD_NAMESPACE")
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
    assert roles["netwatch"] == SLICES
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

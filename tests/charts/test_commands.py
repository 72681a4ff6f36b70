"""The commands of helm and kubectl in the documents name what the chart has and makes."""

import argparse
import re
import shlex

import pytest
import yaml

from tests.charts.helm import ROOT, Object, Values, objects, of_kind
from tests.test_docs import DOCUMENTS

NAMESPACES = {"netwatch", "kube-system"}
PUBLISHED = "oci://"


def shown(program: str) -> list[str]:
    """Return the command lines of a program, in sessions and within sentences."""
    ways = (rf"^ *\$ ({program} .*)$", rf"`({program} [^`]*)`")
    text = "\n".join(path.read_text() for path in DOCUMENTS)
    return sorted({line for way in ways for line in re.findall(way, text, re.MULTILINE)})


def helm_words(command: str) -> argparse.Namespace:
    """Read a command line of helm, with no flag but those that are checked here."""
    parser = argparse.ArgumentParser("helm", exit_on_error=False)
    parser.add_argument("action", choices=["install", "upgrade", "rollback", "test"])
    parser.add_argument("release", nargs="?", default="netwatch")
    parser.add_argument("chart", nargs="?", default=f"{PUBLISHED}-")
    parser.add_argument("--namespace", "-n")
    parser.add_argument("--create-namespace", action="store_true")
    parser.add_argument("--values", "-f", action="append", default=[])
    parser.add_argument("--logs", action="store_true")
    return parser.parse_args(shlex.split(command, comments=True)[1:])


def values_of(files: list[str]) -> Values:
    """Return the values of these files together; later ones take the place of earlier ones."""
    found: dict[str, object] = {}
    for file in files:
        found |= yaml.safe_load((ROOT / file).read_text())
    return found


@pytest.fixture(scope="module")
def made() -> list[Object]:
    return objects()


@pytest.mark.parametrize("command", shown("helm"))
def test_helm_finds_what_a_command_names(command: str) -> None:
    words = helm_words(command)
    assert words.namespace in {None, "netwatch"}
    if not words.chart.startswith(PUBLISHED):  # tests/test_workflows.py knows what is
        assert (ROOT / words.chart / "Chart.yaml").exists()
    rendered = objects(values_of(words.values), release=words.release)
    assert "netwatch" in of_kind("DaemonSet", rendered)


def test_helm_has_something_to_test(made: list[Object]) -> None:
    hooks = [found["metadata"].get("annotations", {}).get("helm.sh/hook") for found in made]
    assert "test" in hooks


@pytest.mark.parametrize("command", shown("kubectl"))
def test_kubectl_finds_what_a_command_names(command: str, made: list[Object]) -> None:
    ours, _, inside = command.partition(" -- ")
    namespaces = set(re.findall(r" -n (\S+)", ours))
    assert namespaces <= NAMESPACES
    daemonsets = of_kind("DaemonSet", made)
    for name in re.findall(r"\bds[ /]([a-z][\w-]*)", ours):
        assert name in daemonsets
    pod = daemonsets["netwatch"]["spec"]["template"]
    [agent] = pod["spec"]["containers"]
    for port in re.findall(r"port-forward \S+ (\d+)", ours):
        assert int(port) in [one["containerPort"] for one in agent["ports"]]
    if namespaces == {"netwatch"}:
        for label in re.findall(r" -l (\S+)", ours):
            assert tuple(label.split("=")) in pod["metadata"]["labels"].items()
    for path in re.findall(r"--config (\S+)", inside):
        folder, _, file = path.rpartition("/")
        assert folder in [mount["mountPath"] for mount in agent["volumeMounts"]]
        assert file in of_kind("ConfigMap", made)["netwatch"]["data"]


def test_what_runs_in_a_pod_is_among_the_commands() -> None:
    assert any(" -- netwatch probe" in command for command in shown("kubectl"))

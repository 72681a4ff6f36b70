"""Tells whether an installation in a cluster is well: nothing restarted, complained or failed.

Run it as `python -m scripts.installed NAMESPACE`, with a kubectl that reaches the cluster, whose
network must be healthy.
"""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

Object = dict[str, Any]

# Text for people, or logfmt: facts in the order of a line of ours.
_GOOD_LINE = re.compile(r"\S+Z INFO \S|time=\S+ level=info ")
_COMPONENT = "app.kubernetes.io/component"
_READ_METRICS = (
    "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9847/metrics').read().decode())"
)
MUST_BE_ZERO = (
    "netwatch_icmp_corrupt_total",
    "netwatch_icmp_errors_total",
    "netwatch_icmp_malformed_total",
    "netwatch_icmp_packets_lost_total",
    "netwatch_icmp_socket_drops_total",
    "netwatch_icmp_unsent_total",
    "netwatch_local_errors_total",
    "netwatch_log_lines_lost_total",
    "netwatch_probe_failures_total",
    "netwatch_source_errors_total",
)
MUST_BE_ONE = ("netwatch_config_last_reload_successful", "netwatch_target_up")


def pod_troubles(pod: Object) -> Iterator[str]:
    """Yield what the API server knows of a pod that should not be."""
    for status in pod["status"].get("containerStatuses", []):
        if status["restartCount"]:
            yield f"restarted {status['restartCount']} times"
        if not status["ready"]:
            yield "is not ready"


def node_troubles(agents: Sequence[Object], nodes: Collection[str]) -> Iterator[str]:
    """Yield the nodes that lack an agent, or have several, in a network in which there are any."""
    places = Counter(
        (agent["metadata"]["labels"][_COMPONENT], agent["spec"].get("nodeName")) for agent in agents
    )
    for component in sorted({component for component, _ in places}):
        for node in sorted(nodes):
            if (number := places[component, node]) != 1:
                yield f"{node} has {number} agents of the {component}, expected 1"


def log_troubles(log: str) -> Iterator[str]:
    """Yield lines that are more than news."""
    for line in log.splitlines():
        if not _GOOD_LINE.match(line):
            yield f"said: {line}"


def metric_troubles(text: str) -> Iterator[str]:
    """Yield series that have the wrong value, and families that are needed and not there."""
    families = list(text_string_to_metric_families(text))
    samples = [sample for family in families for sample in family.samples]
    for sample in samples:
        if sample.labels.get("reason") == "absent":
            continue  # nobody is there, and nobody need be
        expected = 0 if sample.name in MUST_BE_ZERO else 1 if sample.name in MUST_BE_ONE else None
        if expected is not None and sample.value != expected:
            yield f"{sample.name}{sample.labels} is {sample.value:g}, expected {expected}"
    for name in MUST_BE_ONE:
        if not any(sample.name == name for sample in samples):
            yield f"has no {name}"


def _kubectl(*arguments: str) -> str:
    done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"kubectl {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def main(namespace: str) -> int:
    """Print what is wrong with each agent; return 1 if anything is, or if there is no agent."""
    here = ("--namespace", namespace)
    pods = _items("pods", *here, "--selector", "app.kubernetes.io/name=netwatch")
    agents = [pod for pod in pods if pod["metadata"].get("ownerReferences")]
    nodes = _items("nodes", "--selector", "kubernetes.io/os=linux")
    troubles = list(node_troubles(agents, [node["metadata"]["name"] for node in nodes]))
    for agent in agents:
        name = agent["metadata"]["name"]
        metrics = _kubectl("exec", *here, name, "--", "python", "-c", _READ_METRICS)
        found = (
            *pod_troubles(agent),
            *log_troubles(_kubectl("logs", *here, name)),
            *metric_troubles(metrics),
        )
        troubles += [f"{name}: {trouble}" for trouble in found]
    print(*troubles, f"{len(agents)} agents, {len(troubles)} troubles", sep="\n")
    return int(bool(troubles) or not agents)


def _items(*wanted: str) -> list[Object]:
    found: list[Object] = json.loads(_kubectl("get", *wanted, "--output", "json"))["items"]
    return found


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

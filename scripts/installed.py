"""Tells whether an installation in a cluster is well: nothing restarted, complained or failed.

Run it as `python -m scripts.installed NAMESPACE`, with a kubectl that reaches the cluster, whose
network must be healthy.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

# Text for people, or logfmt: facts in the order of a line of ours.
_GOOD_LINE = re.compile(r"\S+Z INFO \S|time=\S+ level=info ")
_READ_METRICS = (
    "import urllib.request as r; print(r.urlopen('http://127.0.0.1:9847/metrics').read().decode())"
)
MUST_BE_ZERO = (
    "netwatch_icmp_malformed_total",
    "netwatch_icmp_socket_drops_total",
    "netwatch_icmp_unsent_total",
    "netwatch_local_errors_total",
    "netwatch_source_errors_total",
)
MUST_BE_ONE = ("netwatch_config_last_reload_successful", "netwatch_target_up")


def pod_troubles(pod: dict[str, Any]) -> Iterator[str]:
    """Yield what the API server knows of a pod that should not be."""
    for status in pod["status"].get("containerStatuses", []):
        if status["restartCount"]:
            yield f"restarted {status['restartCount']} times"
        if not status["ready"]:
            yield "is not ready"


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
    wanted = ("pods", "--selector", "app.kubernetes.io/name=netwatch", "--output", "json")
    found = 0
    pods = json.loads(_kubectl("get", *here, *wanted))["items"]
    agents = [pod for pod in pods if pod["metadata"].get("ownerReferences")]
    for pod in agents:
        name = pod["metadata"]["name"]
        metrics = _kubectl("exec", *here, name, "--", "python", "-c", _READ_METRICS)
        for trouble in (
            *pod_troubles(pod),
            *log_troubles(_kubectl("logs", *here, name)),
            *metric_troubles(metrics),
        ):
            print(f"{name}: {trouble}")
            found += 1
    print(f"{len(agents)} agents, {found} troubles")
    return int(found > 0 or not agents)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

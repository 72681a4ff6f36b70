"""What an agent takes in a small cluster, with the default configuration and all that it asks."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.agent import HOST, STEADY_SECONDS, Agent
from bench.contenders import OURS
from bench.cputime import cpu_seconds
from bench.lab import Lab
from bench.memory import resident_mebibytes
from bench.pod_world import API_SERVICE, node_address, node_name
from bench.table import Table
from tests.namespaces import Namespace

NODES = 30
SCRAPE_SECONDS = 15
SCRAPES = 4

AS_A_POD = """
mount -t tmpfs tmpfs /run && mkdir -p /run/secrets/kubernetes.io &&
cp -r "$0/serviceaccount" /run/secrets/kubernetes.io &&
mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"
"""
WITHOUT_UVLOOP = "import sys; sys.modules['uvloop'] = None; from netwatch.cli.main import main; "


def measure(lab: Lab) -> list[Table]:
    """Run it as a pod of a node, scraped as Prometheus does."""
    nodes = lab.choose(NODES, 3)
    rows = []
    for name, python in _flavours().items():
        with _agent(lab, nodes, python) as agent:
            time.sleep(lab.choose(STEADY_SECONDS, 3))
            rows.append([name, *_watched(agent, lab)])
    caption = f"The default configuration in a cluster of {nodes} nodes, each pinged once a second:"
    return [Table(caption, ["", "targets up", "series", "CPU, % of a core", "RSS, MiB"], rows)]


def _flavours() -> dict[str, tuple[str, ...]]:
    """Return how Python is to run netwatch, for each event loop."""
    own: dict[str, tuple[str, ...]] = {OURS.name: ("-c", f"{WITHOUT_UVLOOP} sys.exit(main())")}
    return own | ({f"{OURS.name} with uvloop": ("-m", "netwatch")} if find_spec("uvloop") else {})


def _watched(agent: Agent, lab: Lab) -> list[str]:
    before, started = cpu_seconds(agent.pid), time.monotonic()
    for _ in range(lab.choose(SCRAPES, 1)):
        agent.get("/metrics", **{"Accept-Encoding": "gzip"})
        time.sleep(lab.choose(SCRAPE_SECONDS, 1))
    used = cpu_seconds(agent.pid) - before
    share = used / (time.monotonic() - started) * 100
    up = agent.sums("netwatch_target_up")["netwatch_target_up"]
    series = int(agent.value("netwatch_series"))
    return [str(up), f"{series:,}", f"{share:.2f}", f"{resident_mebibytes(agent.pid):.1f}"]


@contextmanager
def _agent(lab: Lab, nodes: int, python: tuple[str, ...]) -> Iterator[Agent]:
    namespace = Namespace("pod")
    with TemporaryDirectory(dir=lab.folder) as name, _world(namespace, Path(name), nodes):
        as_a_pod = ("unshare", "--mount", "sh", "-c", AS_A_POD, name)
        log = Path(name) / "netwatch.log"
        with (
            log.open("w") as stderr,
            namespace,
            subprocess.Popen(
                [*as_a_pod, sys.executable, *python, "agent"],
                env=os.environ | _variables(),
                stderr=stderr,
                text=True,
            ) as process,
        ):
            try:
                agent = Agent(process, log, namespace=namespace)
                agent.wait_until_ready()
                yield agent
            finally:
                process.kill()
    namespace.close()


def _variables() -> dict[str, str]:
    """Return what the chart and the kubelet give to an agent."""
    kubernetes = {"KUBERNETES_SERVICE_HOST": API_SERVICE, "KUBERNETES_SERVICE_PORT": "443"}
    return kubernetes | {"NODE_NAME": node_name(0), "HOST_IP": node_address(0), "POD_IP": HOST}


@contextmanager
def _world(namespace: Namespace, folder: Path, nodes: int) -> Iterator[None]:
    command = (sys.executable, "-m", "bench.pod_world", str(folder), str(nodes))
    with namespace, subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()

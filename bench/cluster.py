"""What it costs to find the nodes of a large cluster, to keep up with them, and to choose peers."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.lab import Lab
from bench.table import Table
from netwatch.peers import PeersOptions
from netwatch.ring import Ring

NODES = 5000
UPDATES_A_SECOND = 100
ZONES = (3, 10, 15)
"""Few; as many as a node probes others; and more, so that no zone has a node for everybody."""
CHANGES = {"heartbeat": "of the kubelet, which change no target", "cordon": "that change targets"}


def measure(lab: Lab) -> list[Table]:
    """Follow the nodes of a server of our own: one that tells of heartbeats, one of changes."""
    count, seconds = lab.choose(NODES, 500), lab.choose(30, 2)
    found = {
        kind: [
            _followed(lab.folder / "kubeconfig", count, kind, seconds) for _ in range(lab.rounds)
        ]
        for kind in CHANGES
    }
    lists = [figures for of_kind in found.values() for figures in of_kind]
    return [_list_table(count, lists), _watch_table(count, found), _ring_table(lab)]


def _list_table(count: int, lists: list[dict[str, float]]) -> Table:
    seconds = median(one["list_cpu_seconds"] for one in lists)
    mebibytes = median(one["list_mebibytes"] for one in lists)
    worst = [one["list_worst_seconds"] * 1e3 for one in lists]
    cells = [f"{seconds:.2f}", f"{mebibytes:.1f}", f"{median(worst):.1f}", f"{max(worst):.1f}"]
    headings = ["", "CPU s", "MiB", "longest block, median ms", "worst ms"]
    return Table(f"The first list of {count:,} nodes:", headings, [["source nodes", *cells]])


def _watch_table(count: int, found: dict[str, list[dict[str, float]]]) -> Table:
    rows = []
    for kind, figures in found.items():
        share = median(one["watch_cpu_share"] for one in figures) * 100
        snapshots = median(one["snapshots_a_second"] for one in figures)
        rows.append([CHANGES[kind], f"{share:.1f}", f"{snapshots:.1f}"])
    caption = f"{UPDATES_A_SECOND} updates a second of {count:,} nodes:"
    return Table(caption, ["", "% of a core", "snapshots a second"], rows)


def _ring_table(lab: Lab) -> Table:
    rows = []
    for count in (lab.choose(NODES, 500), lab.choose(2 * NODES, 1000)):
        seconds = [median(_lay_out(count, zones) for _ in range(lab.rounds)) for zones in ZONES]
        rows.append([f"{count:,} nodes", *(f"{one * 1e3:.0f}" for one in seconds)])
    headings = ["", *(f"{zones} zones" for zones in ZONES)]
    return Table("Choosing who probes whom, CPU ms:", headings, rows)


def _lay_out(count: int, zones: int) -> float:
    """Return the CPU seconds for a ring of so many nodes, in zones of one size."""
    nodes = {f"node-{number}": f"zone-{number % zones}" for number in range(count)}
    before = time.process_time()
    Ring(nodes, PeersOptions().sample)
    return time.process_time() - before


def _followed(kubeconfig: Path, count: int, kind: str, seconds: int) -> dict[str, float]:
    with _server(kubeconfig, count, kind):
        command = (sys.executable, "-m", "bench.cluster_client", str(kubeconfig), str(seconds))
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    assert figures["targets"] == count, figures
    return figures


@contextmanager
def _server(kubeconfig: Path, count: int, kind: str) -> Iterator[None]:
    arguments = (str(count), str(UPDATES_A_SECOND), kind, str(kubeconfig))
    command = (sys.executable, "-m", "bench.cluster_server", *arguments)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            yield
        finally:
            process.kill()

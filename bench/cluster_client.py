"""Follows the nodes of a cluster as the agent does, and tells what that cost.

python -m bench.cluster_client KUBECONFIG SECONDS
"""

import asyncio
import gc
import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.cputime import cpu_seconds
from bench.memory import resident_mebibytes
from bench.render_server import Ticker
from netwatch.endpoint import Snapshot
from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.cluster import Cluster
from netwatch.net.kubernetes.login import login
from netwatch.net.resolver import Resolver
from netwatch.source import SourceServices
from netwatch.sources.nodes import NodesOptions


@dataclass
class Listener:
    """A Publisher that counts."""

    first: asyncio.Event
    targets: int = 0
    snapshots: int = 0

    def publish(self, snapshot: Snapshot, *, still_fails: bool = False) -> None:
        del still_fails
        self.targets, self.snapshots = len(snapshot), self.snapshots + 1
        self.first.set()

    def fail(self, why: str) -> None:
        raise RuntimeError(why)


async def follow(kubeconfig: Path, seconds: float) -> dict[str, float]:
    """Return what the first list cost, and what keeping up costs."""
    cluster = Cluster(Api(login({"KUBECONFIG": str(kubeconfig)}), Resolver().resolve))
    source = NodesOptions().open(SourceServices(cluster))
    ticker, listener, pid = Ticker(), Listener(asyncio.Event()), os.getpid()
    gc.collect()
    memory, cpu = resident_mebibytes(pid), cpu_seconds(pid)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(ticker.run(), name="ticker"),
            group.create_task(cluster.run(), name="cluster"),
            group.create_task(source.run(listener), name="source"),
        ]
        await listener.first.wait()
        found = {
            "targets": listener.targets,
            "list_cpu_seconds": cpu_seconds(pid) - cpu,
            "list_mebibytes": resident_mebibytes(pid) - memory,
            "list_worst_seconds": ticker.worst_seconds,
        }
        tasks[0].cancel()
        ticker.worst_seconds, cpu, began = 0.0, cpu_seconds(pid), time.monotonic()
        snapshots = listener.snapshots
        await asyncio.sleep(seconds)
        found |= {
            "watch_cpu_share": (cpu_seconds(pid) - cpu) / (time.monotonic() - began),
            "watch_mebibytes": resident_mebibytes(pid) - memory,
            "snapshots_a_second": (listener.snapshots - snapshots) / seconds,
        }
        for task in tasks:
            task.cancel()
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(follow(Path(sys.argv[1]), float(sys.argv[2])))))

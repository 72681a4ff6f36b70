"""How much memory the agent takes, and whether slow scrapers can make it take more."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import agent
from bench.lab import Lab, addresses
from bench.table import Table

SCRAPES = 5
SLOW_SCRAPERS = 4
CODINGS = ("identity", "gzip")


def measure(lab: Lab) -> list[Table]:
    """Watch the agent with a histogram for each target, before, after and during scrapes."""
    count = lab.choose(5000, 500)
    command = agent.command(lab.folder, addresses(count), histogram="target")
    with lab.rig() as rig, agent.running_agent(rig, lab.folder, command) as running:
        time.sleep(lab.choose(agent.STEADY_SECONDS, 5))
        rows = [["before the first scrape", _mebibytes(running.pid)]]
        for coding in CODINGS:
            for _ in range(SCRAPES):
                running.get("/metrics", **{"Accept-Encoding": coding})
            rows.append([f"after {SCRAPES} scrapes, {coding}", _mebibytes(running.pid)])
        with _slow_scrapers(running):
            peak = _peak_mebibytes(running.pid, lab.choose(20, 5))
        rows.append([f"at most, with {SLOW_SCRAPERS} slow scrapers (half of them gzip)", peak])
        time.sleep(lab.choose(5, 1))
        rows.append(["after they left", _mebibytes(running.pid)])
    return [Table(f"Resident memory, {count:,} targets:", ["", "MiB"], rows)]


@contextmanager
def _slow_scrapers(running: agent.Agent) -> Iterator[None]:
    """Ask for everything, and read only the beginning of it."""
    with ExitStack() as stack:
        for number in range(SLOW_SCRAPERS):
            connection = running.connect()
            stack.callback(connection.close)
            connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            coding = CODINGS[number % len(CODINGS)]
            connection.request("GET", "/metrics", headers={"Accept-Encoding": coding})
        yield


def _mebibytes(pid: int) -> str:
    return f"{resident_mebibytes(pid):.1f}"


def _peak_mebibytes(pid: int, seconds: int) -> str:
    peak = 0.0
    for _ in range(10 * seconds):
        peak = max(peak, resident_mebibytes(pid))
        time.sleep(0.1)
    return f"{peak:.1f}"


def resident_mebibytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
    assert found, status
    return int(found[1]) / 1024

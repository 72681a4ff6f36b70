"""What single attempts cost, whether a thousand a second are on time, and what others need."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from importlib.util import find_spec
from itertools import cycle, islice
from typing import Any, NamedTuple

from bench.agent import Agent, command_of
from bench.answering import ADDRESSES
from bench.contenders import BLACKBOX, OURS, installed
from bench.cpu import Cost, Round, cost_cells, ratio_cells
from bench.cputime import cpu_seconds
from bench.lab import Lab
from bench.table import Table

BLACKBOX_EXPORTER = "blackbox_exporter"
ATTEMPTS, FAILURES = "netwatch_probe_attempts_total", "netwatch_probe_failures_total"
LAG = "netwatch_schedule_lag_seconds"
START_SECONDS, LAG_SECONDS = 40, 30
"""The lag that an agent shows is the worst of the last half to whole minute."""


class Ports(NamedTuple):
    """Where `bench.answering` does so."""

    http: int
    dns: int


class Timeliness(NamedTuple):
    """What an agent did in a while: its cost, what failed, and how late it was at most."""

    cost: Cost
    failures: int
    worst_lag_seconds: float

    @property
    def cells(self) -> list[str]:
        rate = f"{self.cost.pings / self.cost.seconds:,.0f}"
        share, late = f"{self.cost.share_of_core:.0%}", f"{self.worst_lag_seconds * 1e3:.0f}"
        return [rate, f"{self.failures:,}", share, late]


def measure(lab: Lab) -> list[Table]:
    """Probe a thousand targets once a second, then half of them beside blackbox_exporter."""
    with _answering() as ports:
        return [_timeliness(lab, ports), *_costs(lab, ports)]


def _flavours() -> dict[str, tuple[str, ...]]:
    """Return the flags of `bench.instrumented` for each way of running netwatch."""
    flavours: dict[str, tuple[str, ...]] = {OURS.name: ("--asyncio",)}
    return flavours | ({f"{OURS.name} with uvloop": ()} if find_spec("uvloop") else {})


# On time


def _timeliness(lab: Lab, ports: Ports) -> Table:
    rate = lab.choose(500, 50)
    checks = _http_check(ports, rate) | _dns_check(ports, rate)
    rows = []
    for name, flags in _flavours().items():
        with _agent(lab, checks, flags) as (agent, pid):
            time.sleep(lab.choose(START_SECONDS, 1))
            rows.append([name, *_watched(agent, pid, lab.choose(LAG_SECONDS, 2)).cells])
    return Table(
        f"{rate} HTTP probes and {rate} DNS queries a second, each target once a second:",
        ["", "attempts a second", "failed", "share of a core", "worst delay in ms"],
        rows,
    )


def _watched(agent: Agent, pid: int, seconds: float) -> Timeliness:
    def attempts() -> int:
        return agent.sums(ATTEMPTS)[ATTEMPTS]

    failures = agent.sums(FAILURES)[FAILURES]
    cost = _window(pid, attempts, seconds)
    return Timeliness(cost, agent.sums(FAILURES)[FAILURES] - failures, agent.value(LAG))


# Beside blackbox_exporter


def _costs(lab: Lab, ports: Ports) -> list[Table]:
    contenders = [*_flavours(), *([BLACKBOX_EXPORTER] if installed(BLACKBOX)() else [])]
    rate = lab.choose(500, 50)
    rounds = [_round(lab, ports, contenders, rate) for _ in range(lab.rounds)]
    case = f"{rate} a second"
    return [
        Table(
            f"CPU in ms per 1,000 HTTP probes (user and system), median of rounds: {lab.rounds}",
            ["", *contenders],
            [[case, *cost_cells(rounds, contenders)]],
        ),
        Table(
            f"CPU of {OURS.name} divided by that of the other, in the same round:",
            ["", *contenders[1:]],
            [[case, *ratio_cells(rounds, contenders[1:])]],
        ),
    ]


def _round(lab: Lab, ports: Ports, contenders: Sequence[str], rate: int) -> Round:
    flavours, costs = _flavours(), {}
    for name in contenders:
        with ExitStack() as stack:
            if name in flavours:
                _, pid = stack.enter_context(_agent(lab, _http_check(ports, rate), flavours[name]))
            else:
                pid = stack.enter_context(_blackbox(lab, ports, rate))
            time.sleep(lab.choose(15, 1))
            costs[name] = _window(pid, lambda: _answered(ports), lab.choose(15, 2))
    return costs


@contextmanager
def _blackbox(lab: Lab, ports: Ports, rate: int) -> Iterator[int]:
    """Run it and who must ask it, whose cost is not counted; yield its process."""
    port = _free_port()
    config, targets = lab.folder / "blackbox.yml", lab.folder / "scraper.targets"
    module = {"prober": "http", "timeout": "1s", "http": {"preferred_ip_protocol": "ip4"}}
    config.write_text(json.dumps({"modules": {"http": module}}))
    targets.write_text("\n".join(_urls(ports, rate)))
    listen = f"--web.listen-address=127.0.0.1:{port}"
    scraper = (sys.executable, "-m", "bench.scraper", str(port), "http", str(targets))
    with (
        _running(BLACKBOX, f"--config.file={config}", "--log.level=error", listen) as process,
        _running(*scraper),
    ):
        yield process.pid


# Both


def _window(pid: int, count: Callable[[], int], seconds: float) -> Cost:
    """Return what the process used while it made what `count` counts."""
    start, cpu, before = time.monotonic(), cpu_seconds(pid), count()
    time.sleep(seconds)
    end, cpu_after, after = time.monotonic(), cpu_seconds(pid), count()
    return Cost(cpu_after - cpu, after - before, end - start)


@contextmanager
def _agent(
    lab: Lab, checks: dict[str, object], flags: Sequence[str]
) -> Iterator[tuple[Agent, int]]:
    port, log = _free_port(), lab.folder / "netwatch.log"
    command = command_of(lab.folder, checks, *flags, port=port)
    with log.open("w") as stderr, _running(*command, stderr=stderr) as process:
        agent = Agent(process, log, port=port)
        agent.wait_until_ready()
        yield agent, process.pid


@contextmanager
def _answering() -> Iterator[Ports]:
    command = (sys.executable, "-m", "bench.answering")
    with _running(*command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        http, dns = process.stdout.readline().split()
        yield Ports(int(http), int(dns))


@contextmanager
def _running(*command: str, **streams: Any) -> Iterator["subprocess.Popen[str]"]:
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **(silent | streams)) as process:
        try:
            yield process
        finally:
            process.kill()


def _answered(ports: Ports) -> int:
    """Return how many HTTP requests were answered: the truth, whatever a prober says."""
    connection = HTTPConnection(ADDRESSES[0], ports.http)
    try:
        connection.request("GET", "/answered")
        return int(connection.getresponse().read())
    finally:
        connection.close()


def _http_check(ports: Ports, rate: int) -> dict[str, object]:
    targets = [{"name": f"web-{n}", "url": url} for n, url in enumerate(_urls(ports, rate))]
    probe = {"http": {"interval": "1s", "timeout": "1s"}}
    return {"web": {"source": {"static": targets}, "probe": probe}}


def _dns_check(ports: Ports, rate: int) -> dict[str, object]:
    hosts = islice(cycle(ADDRESSES), rate)
    targets = [{"name": f"dns-{n}", "host": h, "port": ports.dns} for n, h in enumerate(hosts)]
    probe = {"dns": {"interval": "1s", "timeout": "1s", "query": "wiki.example"}}
    return {"dns": {"source": {"static": targets}, "probe": probe}}


def _urls(ports: Ports, count: int) -> list[str]:
    hosts = islice(cycle(ADDRESSES), count)
    return [f"http://{host}:{ports.http}/healthz" for host in hosts]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port

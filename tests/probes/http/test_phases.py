"""Phases against the moments that a server in another process has written down."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from netwatch.attempt import make_attempt
from netwatch.model import Outcome
from netwatch.net.resolver import Resolver
from netwatch.net.tls import TlsOptions
from netwatch.probe import Services
from netwatch.probes.http.probe import HttpOptions
from tests.certificates import Authority
from tests.delaying_server import DELAY_SECONDS
from tests.http_server import at

MOST_ATTEMPTS = 30
CLOSE_SECONDS = 0.002


class Server(NamedTuple):
    process: "subprocess.Popen[str]"
    dns_port: int
    https_port: int

    def moments(self) -> dict[str, float]:
        """Return when it did what in its latest attempt."""
        assert self.process.stdout
        found: dict[str, float] = json.loads(self.process.stdout.readline())
        return found


@contextmanager
def before_all_others(pid: int) -> Iterator[None]:
    """Let a process (0: this one) run as soon as it can, where root asks for it: see sched(7)."""
    try:
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        yield
        return
    try:
        yield
    finally:
        os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))


@contextmanager
def untraced() -> Iterator[None]:
    """Keep the tracer that measures coverage out of what is timed: it doubles our own part."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    command = (sys.executable, "-m", "tests.delaying_server")
    files = Authority(tmp_path).server_files("wiki.example")
    with subprocess.Popen([*command, *files], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            dns_port, https_port = map(int, process.stdout.readline().split())
            with before_all_others(process.pid), before_all_others(0):
                yield Server(process, dns_port, https_port)
        finally:
            process.kill()


async def errors(server: Server, ca_file: str, folder: Path) -> dict[str, float]:
    """Make an attempt; return by how much each phase is off what the server knows of it."""
    files = {"resolv_conf": folder / "resolv.conf", "hosts": folder / "none"}
    resolver = Resolver(**files, port=server.dns_port)
    options = HttpOptions(tls=TlsOptions(ca_file=ca_file))
    noted: dict[str, float] = {}
    result = await make_attempt(
        options.open(Services(resolver.resolve)),
        at(f"https://wiki.example:{server.https_port}/"),
        timeout_seconds=20,
        note=lambda words: noted.update({words.partition(" ")[0]: time.perf_counter()}),
    )
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    then = server.moments()
    truth = {
        "resolve": then["resolved"] - then["asked"],
        "connect": then["accepted"] - noted["wiki.example"],
        "tls": then["shaken"] - then["accepted"],
        "processing": then["begun"] - then["requested"],
        "transfer": then["finished"] - then["begun"],
    }
    assert list(result.phases) == list(truth)
    assert all(seconds >= DELAY_SECONDS for seconds in truth.values())
    assert truth["connect"] > 1 - CLOSE_SECONDS  # the kernel's own delay
    return {phase: abs(result.phases[phase] - seconds) for phase, seconds in truth.items()}


async def test_each_phase_is_what_the_server_knows_of_it(server: Server, tmp_path: Path) -> None:
    """Of each phase the best of some attempts counts: a busy machine only makes it worse."""
    asyncio.get_running_loop().set_debug(False)  # which takes its time
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    best: dict[str, float] = {}
    for _ in range(MOST_ATTEMPTS):
        with untraced():
            found = await errors(server, str(tmp_path / "authority-ca.pem"), tmp_path)
        best = {phase: min(error, best.get(phase, error)) for phase, error in found.items()}
        if max(best.values()) < CLOSE_SECONDS:
            return
    pytest.fail(f"never within {CLOSE_SECONDS} s: {best}")

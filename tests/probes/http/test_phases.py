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
from statistics import median
from typing import NamedTuple

import pytest

from netwatch.attempt import Probe, make_attempt
from netwatch.model import Outcome
from netwatch.net.resolver import Resolver
from netwatch.net.tls import TlsOptions
from netwatch.probe import Services
from netwatch.probes.http.probe import HttpOptions
from tests.certificates import Authority
from tests.delaying_server import DELAY_SECONDS
from tests.http_server import at

ATTEMPTS = 9
"""So many in a row are judged together: half of them may be anything."""
MOST_ATTEMPTS = 40
CLOSE_SECONDS = 0.002


class Server(NamedTuple):
    process: "subprocess.Popen[str]"
    dns_port: int
    https_port: int
    is_first: bool
    """Whether it runs, and this process too, before all others."""

    def moments(self) -> dict[str, float]:
        """Return when it did what in its latest attempt."""
        assert self.process.stdout
        found: dict[str, float] = json.loads(self.process.stdout.readline())
        return found


@contextmanager
def before_all_others(pid: int) -> Iterator[bool]:
    """Let a process (0: this one) run as soon as it can, if we may: see sched(7)."""
    try:
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        yield False
        return
    try:
        yield True
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
            with before_all_others(process.pid) as it_is, before_all_others(0) as we_are:
                yield Server(process, dns_port, https_port, it_is and we_are)
        finally:
            process.kill()


def opened(server: Server, folder: Path) -> Probe:
    """Return the probe of a check: its resolver and its contexts serve all attempts."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
    files = {"resolv_conf": folder / "resolv.conf", "hosts": folder / "none"}
    resolver = Resolver(**files, port=server.dns_port)
    options = HttpOptions(tls=TlsOptions(ca_file=str(folder / "authority-ca.pem")))
    return options.open(Services(resolver.resolve))


async def errors(server: Server, probe: Probe) -> dict[str, float]:
    """Make an attempt; return by how much each phase is off what the server knows of it."""
    noted: dict[str, float] = {}
    result = await make_attempt(
        probe,
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


def are_close(found: list[dict[str, float]], *, is_first: bool) -> bool:
    """Judge the medians of the latest attempts; where others run before us, the latest alone."""
    latest = found[-ATTEMPTS:] if is_first else found[-1:]
    medians = (median(attempt[phase] for attempt in latest) for phase in found[0])
    return max(medians) < CLOSE_SECONDS and (len(latest) == ATTEMPTS or not is_first)


@pytest.mark.timeout(240)  # an attempt takes more than a second, and a busy machine needs many
async def test_each_phase_is_what_the_server_knows_of_it(server: Server, tmp_path: Path) -> None:
    asyncio.get_running_loop().set_debug(False)  # which takes its time
    probe = opened(server, tmp_path)
    found: list[dict[str, float]] = []
    while len(found) < MOST_ATTEMPTS:
        with untraced():
            found.append(await errors(server, probe))
        if are_close(found, is_first=server.is_first):
            return
    pytest.fail(f"never within {CLOSE_SECONDS} s: {found}")

"""netwatch as its users run it: as a program, with signals, pipes and exit codes.

    agent = start_agent("checks: {a: {source: {static: [127.0.0.1]}, probe: {icmp: }}}")
    eventually(lambda: agent.scrape().value("netwatch_target_up", target="127.0.0.1") == 1)
    assert agent.stop(signal.SIGTERM) == 0

Started inside of a namespace (`with namespace:`) it runs there, and must be asked from there.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from prometheus_client.samples import Sample

from netwatch.exposition.dialect import Dialect
from tests.exposition.oracle import parse

T = TypeVar("T")

DEADLINE_SECONDS = 30.0
"""Long, because nothing that works waits for it, and a busy machine may need it."""

# A warning is an error. Not "-X dev": asyncio would tell of each step that a busy machine delays.
NETWATCH = (sys.executable, "-W", "error", "-m", "netwatch")

_LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (DEBUG|INFO|WARNING|ERROR) \S.*")


def eventually(look: Callable[[], T], why: Callable[[], object] = lambda: "") -> T:
    """Return what `look` gives as soon as it is true; at the deadline fail, and say `why`."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (found := look()):
        assert time.monotonic() < deadline, f"it never came: {why()}"
        time.sleep(0.02)
    return found


def with_file(place: str, path: Path) -> tuple[str, ...]:
    """Return what starts a program that sees the file `path` at `place`; needs root."""
    script = 'mount --bind "$0" "$1" && shift && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", script, str(path), place)


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Scrape:
    """What one GET of /metrics gave."""

    def __init__(self, text: str, dialect: Dialect = Dialect.TEXT) -> None:
        families = parse(text, dialect)
        self.samples: list[Sample] = [sample for family in families for sample in family.samples]

    def find(self, name: str, **labels: str) -> list[Sample]:
        """Return the samples of that name that have at least those labels."""
        wanted = labels.items()
        return [s for s in self.samples if s.name == name and wanted <= s.labels.items()]

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of these samples, 0 where there is none."""
        return sum(sample.value for sample in self.find(name, **labels))


class Agent:
    """A running `netwatch agent`; it listens on a port of its own choice."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        """`folder` is where its standard error is kept."""
        self._stderr = folder / "stderr.log"
        with self._stderr.open("wb") as stderr:
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)

    @property
    def log(self) -> str:
        return self._stderr.read_text()

    @property
    def complaints(self) -> list[str]:
        """What it wrote that is no line of a log."""
        return [line for line in self.log.splitlines() if not _LOG_LINE.fullmatch(line)]

    @property
    def urls(self) -> list[str]:
        """Where it says that it can be looked at."""
        return re.findall(r"look at (https?://\S+)/ and \1/metrics[\n\"]", self.log)

    def wait_for_log(self, pattern: str, count: int = 1) -> None:
        eventually(lambda: len(re.findall(pattern, self.log)) >= count, lambda: self.log)

    def wait_until_it_runs(self) -> None:
        eventually(lambda: self.urls or self._process.poll() is not None)
        assert self.urls, self.log

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the first URL."""
        parts = urlsplit(self.urls[0])
        assert parts.hostname
        assert parts.port
        return parts.hostname, parts.port

    def request(
        self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> Response:
        return fetch(self.address, path, method=method, headers=headers)

    def scrape(self) -> Scrape:
        return Scrape(self.request("/metrics").text)

    def wait_for_count(self, name: str, count: float = 1, **labels: str) -> None:
        """Wait until the series with that name and these labels sum up to `count` or more."""
        eventually(lambda: self.scrape().value(name, **labels) >= count, lambda: self.log)

    def wait_for_packets(self, count: float = 1, **labels: str) -> None:
        """Wait until that many packets of the targets with these labels came back."""
        self.wait_for_count("netwatch_icmp_packets_received_total", count, **labels)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=DEADLINE_SECONDS)

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM, within_seconds: float = 5.0) -> int:
        """Send the signal; return the exit code."""
        self.send(number)
        return self._process.wait(within_seconds)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class StartAgent(Protocol):
    """Starts an agent, and waits until it says where to look."""

    def __call__(
        self,
        config: str | Path | None = None,
        *,
        listen: Sequence[str] = ...,
        prefix: Sequence[str] = ...,
        arguments: Sequence[str] = ...,
    ) -> Agent:
        """`config` is a file, or the text of one; None is the default configuration.

        `listen` is what `--listen` says, `prefix` a command that starts another one, `arguments`
        are more of the agent's own.
        """
        ...


def fetch(
    address: tuple[str, int],
    path: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Ask an HTTP server, over a connection of its own."""
    connection = http.client.HTTPConnection(*address, timeout=DEADLINE_SECONDS)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        response = connection.getresponse()
        return Response(response.status, dict(response.headers), response.read())
    finally:
        connection.close()


def run_netwatch(*arguments: str, prefix: Sequence[str] = ()) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end; its standard output is a pipe."""
    return subprocess.run(
        [*prefix, *NETWATCH, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
        env=buffered(),
    )


def buffered() -> dict[str, str]:
    """Return the environment, such that Python buffers what it writes to a pipe."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}

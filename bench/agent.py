"""Our agent on a rig: started, awaited, asked for its counts, and stopped."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlencode

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.rig.rig import Rig

HOST, PORT = "127.0.0.1", 9847
DEADLINE_SECONDS = 60.0
STEADY_SECONDS = 35.0
"""After 30 results a target is steady, and costs less: so long does it take, and a little more."""


class AgentFailedError(Exception):
    """It did not run, or not to the end; the message is its own."""


def command(
    folder: Path, targets: Sequence[str], *flags: str, histogram: str = "auto"
) -> tuple[str, ...]:
    """Return what starts it with these targets; `flags` are those of `bench.instrumented`.

    Without flags it is the program as its users run it.
    """
    (folder / "targets.json").write_text(json.dumps(list(targets)))
    check = {
        "source": {"file": {"path": str(folder / "targets.json")}},
        "probe": {"icmp": {"histogram": histogram}},
    }
    return command_of(folder, {"bench": check}, *flags)


def command_of(
    folder: Path, checks: Mapping[str, object], *flags: str, port: int = PORT
) -> tuple[str, ...]:
    """Return what starts it with these checks, and `flags` as for `command`."""
    config = folder / "netwatch.yaml"
    config.write_text(json.dumps({"listen": [f"{HOST}:{port}"], "checks": checks}))
    module = ("bench.instrumented", *flags) if flags else ("netwatch",)
    return (sys.executable, "-m", *module, "agent", "--config", str(config))


class Agent:
    """An agent that runs, in a namespace perhaps."""

    def __init__(
        self,
        process: "subprocess.Popen[str]",
        log: Path,
        *,
        namespace: AbstractContextManager[object] | None = None,
        port: int = PORT,
    ) -> None:
        self._process = process
        self._log = log
        self._namespace = namespace or nullcontext()
        self._port = port

    @property
    def pid(self) -> int:
        return self._process.pid

    def connect(self) -> HTTPConnection:
        """Open a connection to its server."""
        with self._namespace:
            connection = HTTPConnection(HOST, self._port, timeout=DEADLINE_SECONDS)
            connection.connect()
        return connection

    def get(self, path: str, **headers: str) -> tuple[int, bytes]:
        """Return status and body of what it serves there."""
        connection = self.connect()
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def sums(self, *families: str) -> Counter[str]:
        """Return the sum over all series of each of these counters, by name."""
        sums: Counter[str] = Counter()
        for sample in self._samples(*families):
            sums[sample.name] += int(sample.value)
        return sums

    def value(self, family: str) -> float:
        """Return the only series of that family."""
        (sample,) = self._samples(family)
        return float(sample.value)

    def _samples(self, *families: str) -> list[Sample]:
        query = urlencode([("name[]", family) for family in families])
        _, body = self.get(f"/metrics?{query}")
        found = text_string_to_metric_families(body.decode())
        return [sample for family in found for sample in family.samples]

    def stop(self) -> None:
        """End it, and wait for what it writes then. Raises AgentFailedError where it ends badly."""
        self._process.terminate()
        if self._process.wait(DEADLINE_SECONDS):
            raise AgentFailedError(self._log.read_text()[-2000:])

    def wait_until_ready(self) -> None:
        """Raises AgentFailedError where it never is."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AgentFailedError(self._log.read_text()[-2000:])
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            return self.get("/-/ready")[0] == HTTPStatus.OK
        except (OSError, HTTPException):
            return False


@contextmanager
def running_agent(
    rig: Rig, folder: Path, command: Sequence[str], *, clamped: bool = False
) -> Iterator[Agent]:
    """Start it, and kill what is left of it; `clamped` as for `Rig.running`."""
    log = folder / "netwatch.log"
    with (
        log.open("w") as stderr,
        rig.running(*command, clamped=clamped, stdout=subprocess.DEVNULL, stderr=stderr) as process,
    ):
        agent = Agent(process, log, namespace=rig.namespace)
        agent.wait_until_ready()
        yield agent

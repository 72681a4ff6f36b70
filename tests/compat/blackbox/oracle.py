"""Debian's prometheus-blackbox-exporter and ours, asked the same."""

import asyncio
import json
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client.parser import text_string_to_metric_families

from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.net.ping.engine import Pinger
from netwatch.net.ping.single import SinglePings
from netwatch.net.resolver import Resolver
from netwatch.probe import Services
from netwatch.web.blackbox import BlackboxHandler

READY_SECONDS = 20.0
LOOPBACK = ["127.0.0.0/8", "::1"]


class Series(NamedTuple):
    """What tells one series from another."""

    name: str
    labels: tuple[tuple[str, str], ...]


Samples = dict[Series, float]


def samples(text: str) -> Samples:
    return {
        Series(sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Prober(NamedTuple):
    """Something that answers /probe."""

    url: str

    async def ask(self, **parameters: str) -> tuple[int, str]:
        """Return the status and the text of the answer."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}/probe", params=parameters) as response,
        ):
            return response.status, await response.text()

    async def probe(self, **parameters: str) -> Samples:
        status, text = await self.ask(**parameters)
        assert status == 200, text
        return samples(text)


@contextmanager
def original(modules: Mapping[str, Any], folder: Path) -> Iterator[Prober]:
    """Run the original with these modules."""
    program = shutil.which("prometheus-blackbox-exporter")
    if program is None:
        pytest.skip("the program prometheus-blackbox-exporter is not installed")
    config = folder / "blackbox.yml"
    config.write_text(json.dumps({"modules": modules}))
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    log = (folder / "log").open("wb")
    command = [program, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}"]
    with log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            _wait_until_it_listens(process, port, folder / "log")
            yield Prober(f"http://127.0.0.1:{port}")
        finally:
            process.kill()


def _wait_until_it_listens(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise AssertionError(log.read_text())


@asynccontextmanager
async def ours(
    modules: Mapping[str, Any], *, resolver: Resolver | None = None, **options: Any
) -> AsyncIterator[Prober]:
    """Serve /probe with these modules, for loopback unless the options say otherwise."""
    singles = SinglePings(lambda _: None)
    with Pinger(singles.take) as pinger:
        resolve = (resolver or Resolver()).resolve
        chosen = {"config": "blackbox.yml", "allow": LOOPBACK} | options
        handler = BlackboxHandler(
            BlackboxOptions.model_validate(chosen),
            json.dumps({"modules": modules}),
            ping=partial(singles.ping, pinger),
            services=Services(resolve),
        )
        app = web.Application()
        app.router.add_get("/probe", handler.handle)
        async with asyncio.TaskGroup() as group:
            pinging = group.create_task(pinger.run(), name="pinger")
            async with TestServer(app) as server:
                yield Prober(str(server.make_url("")).rstrip("/"))
            pinging.cancel()

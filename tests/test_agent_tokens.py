"""A whole agent that asks the API server who scrapes it, behind TLS."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from netwatch.cli.main import main
from tests.certificates import Authority
from tests.kubernetes.apiserver import ScriptedServer
from tests.kubernetes.keepingup import soon

CHECKS = "checks: {here: {source: {static: [{host: 127.0.0.1, port: 1}]}, probe: {tcp: }}}\n"
TLS = "tls_server_config: {cert_file: server.pem, key_file: server.pem}\n"
CANARY = "hunter2canary"


class House:
    """The files of an agent, and curl to ask it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(folder)
        self.file = folder / "netwatch.yaml"
        self.renew()
        self.protect(TLS)
        self.configure("kubernetes_auth: {enabled: true}")

    def renew(self) -> None:
        issued = self.authority.ca.issue_cert("localhost")
        issued.private_key_and_cert_chain_pem.write_to_path(str(self.folder / "server.pem"))

    def protect(self, text: str) -> None:
        (self.folder / "web.yml").write_text(text)

    def configure(self, web: str) -> None:
        new = self.folder / "netwatch.yaml.new"
        new.write_text(f"web: {{config_file: {self.folder}/web.yml, {web}}}\n{CHECKS}")
        new.rename(self.file)


class Agent:
    """A running one; `log` grows while it runs."""

    def __init__(self, process: asyncio.subprocess.Process, house: House) -> None:
        self._process = process
        self._house = house
        self.log = ""

    async def read_log(self) -> None:
        assert self._process.stderr
        async for line in self._process.stderr:
            self.log += line.decode()

    async def curl(self, path: str, token: str = "") -> str:
        """Return the status that curl sees."""
        [port] = re.findall(r"and https?://127\.0\.0\.1:(\d+)/metrics", self.log)
        header = ("--header", f"Authorization: Bearer {token}") if token else ()
        form = ("--silent", "--output", "/dev/null", "--write-out", "%{http_code}")
        process = await asyncio.create_subprocess_exec(
            *("curl", *form, "--cacert", self._house.authority.ca_file, *header),
            f"https://localhost:{port}{path}",
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        return out.decode()


@asynccontextmanager
async def running(house: House, server: ScriptedServer) -> AsyncIterator[Agent]:
    """Run an agent for the block; then it must end well."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-X", "dev", "-W", "error", "-m", "netwatch", "agent"),
        *("--config", str(house.file), "--listen", "127.0.0.1:0", "--log-level", "debug"),
        env=os.environ | {"KUBECONFIG": str(server.kubeconfig)},
        stderr=asyncio.subprocess.PIPE,
    )
    agent = Agent(process, house)
    async with asyncio.TaskGroup() as group:
        group.create_task(agent.read_log(), name="log")
        try:
            await soon(lambda: "/metrics" in agent.log, lambda: agent.log)
            yield agent
        finally:
            if process.returncode is None:
                process.terminate()
            status = await process.wait()
    assert status == 0, agent.log
    assert "Traceback" not in agent.log
    assert "Unclosed" not in agent.log


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_who_may_get_the_path_is_answered(scripted: ScriptedServer, tmp_path: Path) -> None:
    scripted.users |= {CANARY: {"username": "prometheus"}, "other": {"username": "grafana"}}
    scripted.grants |= {("prometheus", "get", "/metrics"), ("prometheus", "get", "/config")}
    house = House(tmp_path)
    async with running(house, scripted) as agent:
        assert await agent.curl("/metrics", CANARY) == "200"
        assert await agent.curl("/config", CANARY) == "200"
        assert await agent.curl("/", CANARY) == "403"
        assert await agent.curl("/metrics", "other") == "403"
        assert await agent.curl("/metrics", f"{CANARY}x") == "401"
        assert await agent.curl("/metrics") == "401"
        assert await agent.curl("/-/healthy") == "200"
        await scripted.stop()
        assert await agent.curl("/metrics", CANARY) == "200"
        house.renew()
        await soon(lambda: "reloaded " in agent.log, lambda: agent.log)
        assert await agent.curl("/metrics", CANARY) == "200"
        assert await agent.curl("/metrics", f"{CANARY}y") == "503"
        assert await agent.curl("/-/ready") == "200"
        await soon(lambda: "scrapers cannot be authenticated" in agent.log)
    assert CANARY not in agent.log


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_it_is_switched_on_by_a_reload_and_not_without_tls(
    scripted: ScriptedServer, tmp_path: Path
) -> None:
    scripted.users["known"] = {"username": "prometheus"}
    scripted.grants.add(("prometheus", "get", "/metrics"))
    house = House(tmp_path)
    house.configure("")
    async with running(house, scripted) as agent:
        assert await agent.curl("/metrics") == "200"
        house.configure("kubernetes_auth: {enabled: true}")
        await soon(lambda: "reloaded " in agent.log, lambda: agent.log)
        assert await agent.curl("/metrics") == "401"
        assert await agent.curl("/metrics", "known") == "200"
        house.protect("tls_server_config: {}\n")
        await soon(lambda: "found no TLS with kubernetes_auth" in agent.log, lambda: agent.log)
        assert await agent.curl("/metrics") == "401"


def test_without_tls_the_file_is_wrong_also_to_the_command_that_checks_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    house = House(tmp_path)
    assert main(["config", "check", str(house.file)]) == 0
    house.protect("http_server_config: {}\n")
    assert main(["config", "check", str(house.file)]) == 2
    found = "web.yml:1:1: tls_server_config: found no TLS with kubernetes_auth, expected cert_file"
    assert found in capsys.readouterr().err

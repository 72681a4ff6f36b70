"""The agent as a program beside an API server."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.kubernetes.apiserver import ApiServer, ScriptedServer
from tests.kubernetes.objects import NODES, a_node
from tests.programs import DEADLINE_SECONDS, Scrape

CHECKS = """\
node_name: kube-0
checks:
  nodes:
    source: {nodes: }
    probe: {icmp: {interval: 50ms}}
  large:
    source: {nodes: {own: include}}
    probe: {icmp: {interval: 50ms, size: 1400}}
"""

Look = Callable[[], Awaitable[Scrape]]


@asynccontextmanager
async def agent_of(server: ApiServer, folder: Path) -> AsyncIterator[Look]:
    """Run an agent for the block, whose metrics can be looked at; then it must end well."""
    file = folder / "netwatch.yaml"
    file.write_text(CHECKS)
    agent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "netwatch", "agent"),
        *("--config", str(file), "--listen", "127.0.0.1:0", "--log-format", "text"),
        env=os.environ | {"KUBECONFIG": str(server.kubeconfig)},
        stderr=asyncio.subprocess.PIPE,
    )
    assert agent.stderr
    log = (await agent.stderr.readuntil(b"/metrics\n")).decode()
    (url,) = re.findall(r"and (http://\S+/metrics)\n", log)

    async def look() -> Scrape:
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            return Scrape(await response.text())

    yield look
    agent.terminate()
    _, rest = await agent.communicate()
    assert agent.returncode == 0
    assert b"Traceback" not in rest


async def eventually(look: Look, is_so: Callable[[Scrape], bool]) -> Scrape:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not is_so(found := await look()):  # noqa: ASYNC110 - series are no events
            await asyncio.sleep(0.1)
    return found


async def put_three(server: ApiServer) -> None:
    for number in range(3):
        await server.put(NODES, a_node(f"kube-{number}", f"127.0.1.{number}"))


@pytest.mark.usefixtures("may_ping")
async def test_nodes_are_pinged_as_long_as_they_are_there(
    api_server: ApiServer, tmp_path: Path
) -> None:
    taint = ("ToBeDeletedByClusterAutoscaler",)
    await put_three(api_server)
    async with agent_of(api_server, tmp_path) as look:
        found = await eventually(look, lambda s: s.value("netwatch_target_up") == 5)
        assert not found.find("netwatch_target_up", check="nodes", target="kube-0")
        await api_server.put(NODES, a_node("kube-1", "127.0.1.1", taints=taint))
        leaving = {"target": "kube-1", "state": "leaving"}
        found = await eventually(look, lambda s: s.value("netwatch_target_state", **leaving) == 2)
        assert not found.find("netwatch_target_up", target="kube-1")
        await api_server.delete(NODES, "kube-1")
        await eventually(look, lambda s: not s.find("netwatch_target_state", target="kube-1"))
        assert not found.value("netwatch_source_errors_total")


@pytest.mark.usefixtures("may_ping")
async def test_two_checks_are_one_watch_and_its_last_word_stays_while_the_server_is_away(
    scripted: ScriptedServer, tmp_path: Path
) -> None:
    await put_three(scripted)
    async with agent_of(scripted, tmp_path) as look:
        await eventually(look, lambda s: s.value("netwatch_target_up") == 5)
        await scripted.stop()
        found = await eventually(look, lambda s: s.value("netwatch_source_errors_total") >= 2)
        assert found.value("netwatch_target_up") == 5
        age = found.value("netwatch_source_age_seconds", check="nodes")
        await eventually(
            look, lambda s: s.value("netwatch_source_age_seconds", check="nodes") > age
        )
    assert len(scripted.lists) == 1

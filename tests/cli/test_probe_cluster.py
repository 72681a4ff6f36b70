"""`netwatch probe` where a source asks a cluster."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.apiserver import ApiServer, ScriptedServer
from tests.kubernetes.objects import NODES, a_node

CHECKS = """\
node_name: kube-0
checks:
  nodes:
    source: {nodes: }
    probe: {icmp: }
"""


async def probed(server: ApiServer, folder: Path) -> tuple[int | None, Any, str]:
    """Return the exit code, the document and the complaints of a run."""
    file = folder / "netwatch.yaml"
    file.write_text(CHECKS)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "netwatch"),
        *("probe", "--config", str(file), "-c", "2"),
        env=os.environ | {"KUBECONFIG": str(server.kubeconfig)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, json.loads(out), err.decode()


@pytest.mark.usefixtures("may_ping")
async def test_the_nodes_of_a_cluster_are_probed_once_but_for_those_that_leave(
    api_server: ApiServer, tmp_path: Path
) -> None:
    leaving = ("ToBeDeletedByClusterAutoscaler",)
    await api_server.put(NODES, a_node("kube-0", "127.0.0.2"))
    await api_server.put(NODES, a_node("kube-1", "127.0.0.3"))
    await api_server.put(NODES, a_node("kube-2", "127.0.0.4", taints=leaving))
    code, document, complaints = await probed(api_server, tmp_path)
    assert (code, complaints) == (0, "")
    assert [target["target"] for target in document["targets"]] == ["kube-1"]


@pytest.mark.usefixtures("may_ping")
async def test_a_cluster_that_cannot_be_asked_is_named(
    scripted: ScriptedServer, tmp_path: Path
) -> None:
    await scripted.stop()
    code, _, complaints = await probed(scripted, tmp_path)
    assert code == 2
    assert complaints.startswith("nodes: the API server cannot be asked: ")

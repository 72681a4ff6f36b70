"""`netwatch probe nodes` beside an API server."""

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.apiserver import ApiServer, ScriptedServer
from tests.kubernetes.objects import NODES, a_node

ZONE = "topology.kubernetes.io/zone"
LEAVING = ("ToBeDeletedByClusterAutoscaler",)

pytestmark = pytest.mark.usefixtures("may_ping")


async def probed(*arguments: str, **environ: str) -> tuple[int | None, str, str]:
    """Return the exit code, and what a run printed and complained of."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", "-m", "netwatch", "probe", "nodes", *arguments),
        env=os.environ | {"KUBECONFIG": "/nowhere"} | environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def by_name(out: str) -> dict[str, Any]:
    return {target["target"]: target for target in json.loads(out)["targets"]}


async def test_all_other_nodes_are_pinged_with_their_zones_and_states(
    api_server: ApiServer,
) -> None:
    await api_server.put(NODES, a_node("kube-0", "127.0.0.2"))
    await api_server.put(NODES, a_node("kube-1", "127.0.0.3", labels={ZONE: "east"}))
    await api_server.put(NODES, a_node("kube-2", "127.0.0.4", cordoned=True))
    await api_server.put(NODES, a_node("kube-3", "127.0.0.5", ready=False))
    await api_server.put(NODES, a_node("kube-4", "127.0.0.6", taints=LEAVING))
    environ = {"KUBECONFIG": str(api_server.kubeconfig), "NODE_NAME": "kube-0"}
    code, out, err = await probed("-o", "table", "-i", "20ms", **environ)
    assert (code, err) == (0, "")
    head, *rows, verdict = out.splitlines()
    assert head.startswith(" target              zone  state      sent  recv  loss ")
    assert [row[:51] for row in rows] == [
        " kube-1 (127.0.0.3)  east  ready         5     5   ",
        " kube-2 (127.0.0.4)        cordoned      5     5   ",
        " kube-3 (127.0.0.5)        not ready     5     5   ",
    ]
    assert verdict == "All 3 targets answer."


async def test_the_cluster_and_its_nodes_can_be_chosen_by_flags(api_server: ApiServer) -> None:
    web = {"pool": "web"}
    both = {"ExternalIP": "127.0.1.1"}
    await api_server.put(NODES, a_node("kube-1", "127.0.0.3", addresses=both, labels=web))
    await api_server.put(
        NODES, a_node("kube-2", "127.0.0.4", addresses={"ExternalIP": "127.0.1.2"})
    )
    chosen = ("--selector", "pool=web", "--address", "ExternalIP", "--family", "ipv4")
    pinging = ("-c", "2", "-i", "20ms", "--size", "1400", "--df")
    code, out, err = await probed("--kubeconfig", str(api_server.kubeconfig), *chosen, *pinging)
    assert (code, err) == (0, "")
    ((name, target),) = by_name(out).items()
    assert (name, target["address"], target["sent"]) == ("kube-1", "127.0.1.1", 2)
    assert (target["check"], target["zone"], target["state"]) == ("nodes", None, "ready")


async def test_a_node_that_cannot_be_reached_is_exit_code_1(api_server: ApiServer) -> None:
    await api_server.put(NODES, a_node("kube-1", "127.0.0.3"))
    environ = {"KUBECONFIG": str(api_server.kubeconfig)}
    # By loopback nothing goes out to an address of another network.
    await api_server.put(NODES, a_node("kube-3", "192.0.2.1"))
    limited = ("--interface", "lo", "-c", "1", "-t", "200ms")
    code, out, _ = await probed(*limited, **environ)
    assert code == 1
    found = by_name(out)
    assert (found["kube-1"]["ok"], found["kube-3"]["ok"]) == (True, False)


async def test_a_young_node_is_told_by_what_it_says_of_itself(api_server: ApiServer) -> None:
    just_now = datetime.now(UTC).isoformat()
    await api_server.put(NODES, a_node("kube-1", "127.0.0.3", ready=False, created=just_now))
    environ = {"KUBECONFIG": str(api_server.kubeconfig)}
    _, out, _ = await probed("-c", "1", **environ)
    assert by_name(out)["kube-1"]["state"] == "not_ready"


async def test_a_cluster_without_other_nodes_is_no_success(api_server: ApiServer) -> None:
    await api_server.put(NODES, a_node("kube-0", "127.0.0.2"))
    environ = {"KUBECONFIG": str(api_server.kubeconfig), "NODE_NAME": "kube-0"}
    code, out, err = await probed(**environ)
    assert (code, out) == (2, "")
    assert err == "netwatch probe nodes: found no other node with an InternalIP\n"
    _, _, err = await probed("--selector", "pool=web", **environ)
    assert "no other node that matches 'pool=web' with an InternalIP" in err


async def test_a_cluster_that_cannot_be_asked_is_named(scripted: ScriptedServer) -> None:
    await scripted.stop()
    code, out, err = await probed(KUBECONFIG=str(scripted.kubeconfig))
    assert (code, out) == (2, "")
    assert err.startswith("netwatch probe nodes: the API server cannot be asked: ")


async def test_without_any_cluster_it_says_what_it_looked_for() -> None:
    code, _, err = await probed()
    assert code == 2
    assert "found neither a service account nor the file /nowhere" in err


@pytest.mark.parametrize(
    ("flag", "value", "complaint"),
    [("--family", "ipv5", "--family: "), ("--size", "3", "--size: "), ("-t", "5", "--timeout: ")],
)
async def test_a_bad_value_is_one_line_that_names_the_flag(
    flag: str, value: str, complaint: str
) -> None:
    code, _, err = await probed(flag, value)
    assert code == 2
    assert err.startswith(f"netwatch probe nodes: {complaint}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("flag", ["--config", "--conf"])
async def test_with_a_configuration_it_is_the_check_of_that_name(flag: str, tmp_path: Path) -> None:
    file = tmp_path / "netwatch.yaml"
    file.write_text("checks: {nodes: {source: {static: [127.0.0.1]}, probe: {icmp: }}}")
    code, out, _ = await probed(flag, str(file), "-c", "1")
    assert code == 0
    assert list(by_name(out)) == ["127.0.0.1"]
    code, out, _ = await probed(f"{flag}={file}", "-c", "1")
    assert code == 0
    assert list(by_name(out)) == ["127.0.0.1"]

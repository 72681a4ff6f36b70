"""Serves many nodes as an API server does, and changes some of them every second.

python -m bench.cluster_server COUNT UPDATES_A_SECOND heartbeat|cordon KUBECONFIG
"""

import asyncio
import json
import ssl
import sys
from pathlib import Path
from typing import Any

import trustme
from aiohttp import web

from tests.kubernetes.kubeconfig import a_kubeconfig

IMAGES = 50
"""Of which a kubelet tells; they are most of a node's 13 kB."""


def a_node(number: int, *, version: int = 1, cordoned: bool = False) -> dict[str, Any]:
    """Return a node of usual size."""
    name = f"ip-10-{number >> 16 & 255}-{number >> 8 & 255}-{number & 255}.eu-central-1.internal"
    labels = {f"example.com/label-{index}": f"value-{index}-{number % 7}" for index in range(15)}
    labels["topology.kubernetes.io/zone"] = f"eu-central-1{'abc'[number % 3]}"
    image = "registry.example.com/team/application-{}@sha256:" + "0" * 64
    return {
        "metadata": {
            "name": name,
            "uid": f"00000000-0000-0000-0000-{number:012d}",
            "resourceVersion": str(version),
            "creationTimestamp": "2024-01-01T00:00:00Z",
            "labels": labels,
            "annotations": {f"example.com/note-{index}": "x" * 80 for index in range(8)},
        },
        "spec": {"podCIDR": "10.1.0.0/24", "unschedulable": cordoned},
        "status": {
            "addresses": [
                {
                    "type": "InternalIP",
                    "address": f"10.{128 + (number >> 16)}.{number >> 8 & 255}.{number & 255}",
                },
                {"type": "Hostname", "address": name},
            ],
            "conditions": [
                {
                    "type": kind,
                    "status": "True" if kind == "Ready" else "False",
                    "lastHeartbeatTime": "2024-01-01T00:00:00Z",
                    "reason": "KubeletIsWell",
                    "message": f"version {version}",
                }
                for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
            ],
            "images": [
                {"names": [image.format(index)], "sizeBytes": 10**8} for index in range(IMAGES)
            ],
        },
    }


class Server:
    """Lists all nodes, and streams updates of them in turns."""

    def __init__(self, count: int, updates_a_second: float, kind: str) -> None:
        self._nodes = [json.dumps(a_node(number)).encode() for number in range(count)]
        self._interval_seconds = 1 / updates_a_second
        self._cordons = kind == "cordon"

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if "watch" in request.query:
            return await self._watch(request)
        start, limit = int(request.query.get("continue", "0")), int(request.query["limit"])
        end = start + limit
        metadata = {"resourceVersion": "1"}
        if end < len(self._nodes):
            metadata["continue"] = str(end)
        items = b",".join(self._nodes[start:end])
        body = b'{"metadata":%s,"items":[%s]}' % (json.dumps(metadata).encode(), items)
        return web.Response(body=body, content_type="application/json")

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for version in range(2, sys.maxsize):
            await asyncio.sleep(self._interval_seconds)
            number = version % len(self._nodes)
            is_cordoned = self._cordons and version // len(self._nodes) % 2 == 0
            node = a_node(number, version=version, cordoned=is_cordoned)
            line = json.dumps({"type": "MODIFIED", "object": node}).encode() + b"\n"
            try:
                await response.write(line)
            except ConnectionError:
                break
        return response


async def serve(server: Server, kubeconfig: Path) -> None:
    """Write where we are into a kubeconfig, say so, and serve until killed."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    app = web.Application()
    app.router.add_get("/api/v1/nodes", server.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    write_kubeconfig(kubeconfig, url, authority)
    print(url, flush=True)
    await asyncio.Event().wait()


def write_kubeconfig(path: Path, url: str, authority: trustme.CA) -> None:
    ca_file = path.with_suffix(".pem")
    authority.cert_pem.write_to_path(str(ca_file))
    cluster = {"server": url, "certificate-authority": str(ca_file)}
    path.write_text(a_kubeconfig(cluster, {"token": "any"}))


if __name__ == "__main__":
    asyncio.run(serve(Server(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]), Path(sys.argv[4])))

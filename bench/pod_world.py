"""All that an agent's default checks in a pod ask: an API server, name servers, a kube-proxy.

python -m bench.pod_world FOLDER NODES

It runs in a network namespace of its own, where all of their addresses are on loopback. `FOLDER`
gets what a pod is given: `serviceaccount/` and `resolv.conf`.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from bench.answering import DnsServer
from tests.certificates import Authority
from tests.kubernetes.apiserver import ScriptedServer
from tests.kubernetes.objects import (
    DEFAULT_SERVICES,
    NODES,
    SYSTEM_SERVICES,
    SYSTEM_SLICES,
    Object,
    a_node,
    a_service,
    a_slice,
    an_endpoint,
)

API_SERVICE, API_SERVER = "10.96.0.1", "10.1.0.1"
DNS_SERVICE, DNS_SERVER = "10.96.0.10", "10.2.0.1"
API_PORT = 6443
API_NAMES = ("kubernetes.default.svc", API_SERVICE, API_SERVER)
TOKEN = "first"
ZONES = "abc"
DNS_LABELS = {"k8s-app": "kube-dns"}
DEFAULT_SLICES = SYSTEM_SLICES.replace("kube-system", "default")
KUBE_PROXY = Path(__file__).parent.parent / "tests" / "fixtures" / "kube-proxy"
PAGES = {
    10249: {"/metrics": "metrics-v1.36-iptables.txt"},
    10256: {"/livez": "livez-v1.36.json", "/healthz": "healthz-v1.36.json"},
}


def node_address(number: int) -> str:
    """Return where a node answers pings; 0 is that of the agent."""
    return f"10.0.0.{number + 1}"


def node_name(number: int) -> str:
    """Return what the API server calls it."""
    return f"node-{number}"


def prepare(folder: Path, nodes: int) -> None:
    """Give all addresses to loopback, and write what tells the agent of one of them."""
    others = (API_SERVICE, API_SERVER, DNS_SERVICE, DNS_SERVER)
    for address in (*map(node_address, range(nodes)), *others):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    (folder / "resolv.conf").write_text(f"nameserver {DNS_SERVICE}\n")


def give_an_account(folder: Path, authority: Authority, token: str) -> None:
    """Write what the kubelet mounts into a pod."""
    account = folder / "serviceaccount"
    account.mkdir()
    (account / "token").write_text(token)
    (account / "namespace").write_text("netwatch")
    (account / "ca.crt").write_bytes(Path(authority.ca_file).read_bytes())


async def serve(folder: Path, authority: Authority, nodes: int) -> None:
    """Print a line when all is there, and serve until killed."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(ScriptedServer(folder, "0.0.0.0"))
        await _tell_of_the_cluster(server, nodes)
        for port in (443, API_PORT):
            await server.start(port, authority.server(*API_NAMES))
        await _open_dns()
        await _open_kube_proxy(stack)
        print("ready", flush=True)
        await asyncio.Event().wait()


async def _tell_of_the_cluster(server: ScriptedServer, nodes: int) -> None:
    for number in range(nodes):
        labels = {
            "kubernetes.io/os": "linux",
            "topology.kubernetes.io/zone": f"eu-central-1{ZONES[number % len(ZONES)]}",
        }
        await server.put(NODES, a_node(node_name(number), node_address(number), labels=labels))
    ports = {"dns": 53}
    service = a_service("kube-dns", DNS_SERVICE, ports=ports, labels=DNS_LABELS)
    await server.put(SYSTEM_SERVICES, service)
    endpoint = an_endpoint(DNS_SERVER, "coredns-1", node=node_name(1), ready=True)
    found = a_slice("kube-dns-1", endpoint, ports=ports, labels=DNS_LABELS)
    await server.put(SYSTEM_SLICES, found)
    ports = {"https": 443}
    service = a_service("kubernetes", API_SERVICE, namespace="default", ports=ports)
    await server.put(DEFAULT_SERVICES, service)
    await server.put(DEFAULT_SLICES, _slice_of_api())


def _slice_of_api() -> Object:
    endpoint = an_endpoint(API_SERVER, ready=True)
    return a_slice("kubernetes", endpoint, service="kubernetes", ports={"https": API_PORT})


async def _open_dns() -> None:
    loop = asyncio.get_running_loop()
    for address in (DNS_SERVICE, DNS_SERVER):
        await loop.create_datagram_endpoint(DnsServer, (address, 53))
        await loop.create_server(asyncio.Protocol, address, 53)


async def _open_kube_proxy(stack: AsyncExitStack) -> None:
    for port, pages in PAGES.items():
        app = web.Application()
        for path, file in pages.items():
            app.router.add_get(path, _page((KUBE_PROXY / file).read_text()))
        runner = web.AppRunner(app)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", port).start()


def _page(text: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def show(_: web.Request) -> web.Response:
        return web.Response(text=text)

    return show


def main(folder: Path, nodes: int) -> None:
    """Serve until killed."""
    prepare(folder, nodes)
    authority = Authority(folder)
    give_an_account(folder, authority, TOKEN)
    asyncio.run(serve(folder, authority, nodes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

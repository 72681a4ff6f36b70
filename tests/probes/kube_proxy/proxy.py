"""A kube-proxy on loopback that says what a test scripts, and looks at it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from netwatch.attempt import Memory, make_attempt
from netwatch.httpclient.client import HttpClient
from netwatch.model import Result, Target
from netwatch.net.tls import TlsContexts
from netwatch.probes.kube_proxy.probe import KubeProxyOptions, KubeProxyProbe
from tests.http_server import Site, everything_is_here, site
from tests.knocking import nobody
from tests.nouns import a_check, a_target

FIXTURES = Path(__file__).parent.parent.parent / "fixtures/kube-proxy"
IPTABLES = (FIXTURES / "metrics-v1.36-iptables.txt").read_text()
NFTABLES = (FIXTURES / "metrics-v1.36-nftables.txt").read_text()
LIVEZ = (FIXTURES / "livez-v1.36.json").read_text()
HEALTHZ = (FIXTURES / "healthz-v1.36.json").read_text()
DELETING = (FIXTURES / "healthz-v1.36-node-deleting.http").read_bytes()
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


# As 1.21 writes it, by its source: no IP family, no /livez, times as Go prints them.
OLD_METRICS = (FIXTURES / "metrics-v1.21-iptables.txt").read_text()
OLD_HEALTHZ = (
    '{"lastUpdated": "2021-06-01 12:00:00.5 +0000 UTC m=+1.5",'
    '"currentTime": "2021-06-01 12:02:10.5 +0000 UTC m=+131.5"}'
)


def page(text: str, status: int = 200) -> bytes:
    body = text.encode()
    return f"HTTP/1.1 {status} S\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@dataclass
class KubeProxy:
    """`metrics` and `health` are its two servers; `now` is the clock of whoever looks."""

    metrics: Site
    health: Site
    options: KubeProxyOptions
    now: float = 0.0
    memory: Memory = field(default_factory=Memory)

    def say(self, metrics: str = IPTABLES, *, mode: str = "iptables") -> None:
        self.metrics.pages = {"/metrics": page(metrics), "/proxyMode": page(mode)}

    async def look(self) -> Result:
        client = HttpClient(self.options, everything_is_here, TlsContexts())
        probe = KubeProxyProbe(self.options, client, lambda: self.now)
        return await look_by(probe, self.memory)


async def look_by(probe: KubeProxyProbe, memory: Memory | None = None) -> Result:
    return await make_attempt(probe, kube_proxy_target(), timeout_seconds=5, memory=memory)


def kube_proxy_target() -> Target:
    endpoint = replace(a_target("node-1", "127.0.0.1").endpoint, host="127.0.0.1")
    return Target(a_check("kube-proxy", probe="kube_proxy"), endpoint)


@asynccontextmanager
async def a_kube_proxy(
    *, metrics_address: str = "127.0.0.1", **options: object
) -> AsyncIterator[KubeProxy]:
    """Run one of version 1.36 that is well."""
    async with site(address=metrics_address) as metrics, site() as health:
        ports = {"metrics_port": metrics.port, "health_port": health.port}
        proxy = KubeProxy(metrics, health, KubeProxyOptions.model_validate(ports | options))
        proxy.say()
        health.pages = {"/livez": page(LIVEZ), "/healthz": page(HEALTHZ)}
        yield proxy


def without_servers(proxy: KubeProxy, *, metrics: bool = True, health: bool = True) -> None:
    """Have nobody listen any more."""
    gone = {}
    if metrics:
        gone["metrics_port"] = nobody()
    if health:
        gone["health_port"] = nobody()
    proxy.options = proxy.options.model_copy(update=gone)

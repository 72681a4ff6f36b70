"""A kube-proxy that calls itself healthy, has changes to write, and writes none.

Its pages are captures of version 1.36; only the times in them tell that it hangs.
"""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.namespaces import Namespace

FIXTURES = Path(__file__).parent.parent / "fixtures" / "kube-proxy"
METRICS_PORT, HEALTH_PORT = 10249, 10256

_QUEUED = 'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"}'


def pages() -> dict[str, str]:
    """Return what is at each path; the last change was queued long after the last sync."""
    metrics = (FIXTURES / "metrics-v1.36-iptables.txt").read_text()
    return {
        "/metrics": metrics.replace(f"{_QUEUED} ", f"{_QUEUED} 9"),
        "/proxyMode": "iptables",
        "/livez": (FIXTURES / "livez-v1.36.json").read_text(),
        "/healthz": (FIXTURES / "healthz-v1.36.json").read_text(),
    }


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # the name that the library calls
        page = pages()[self.path].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def a_kube_proxy_that_hangs(node: Namespace) -> Iterator[None]:
    """Serve the pages on loopback of a node; sockets stay in the namespace where they were made."""
    with ExitStack() as running:
        for port in (METRICS_PORT, HEALTH_PORT):
            with node:
                server = running.enter_context(ThreadingHTTPServer(("127.0.0.1", port), _Page))
            thread = threading.Thread(target=server.serve_forever, name=f"kube-proxy-{port}")
            thread.start()
            running.callback(thread.join)
            running.callback(server.shutdown)
        yield

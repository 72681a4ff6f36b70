"""What the agents of these tests probe: each serves on loopback until the end of its block."""

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures" / "kube-proxy"
LOOPBACK = "127.0.0.1"
HEADER_BYTES = 12

# What the one that was captured had no reason to say, and a series that comes twice.
MORE_METRICS = """\
# TYPE kubeproxy_sync_proxy_rules_iptables_restore_failures_total counter
kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family="IPv4"} 0
kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family="IPv4"} 0
# TYPE kubeproxy_network_programming_duration_seconds histogram
kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="0.25"} 0
kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="0.5"} 7
kubeproxy_network_programming_duration_seconds_bucket{ip_family="IPv4",le="+Inf"} 9
kubeproxy_network_programming_duration_seconds_sum{ip_family="IPv4"} 8
kubeproxy_network_programming_duration_seconds_count{ip_family="IPv4"} 9
"""


class _Quiet(BaseHTTPRequestHandler):
    """Says nothing on standard error."""

    page = staticmethod(lambda _: b"")  # of a path

    def do_GET(self) -> None:
        body = self.page(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _serving(handler: type[_Quiet], port: int, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    with ThreadingHTTPServer((LOOPBACK, port), handler) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, name="web")
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def web(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Answer every request with 200; yields the port."""
    with _serving(_Quiet, 0, tls) as port:
        yield port


class _KubeProxy(_Quiet):
    """Says what a real one said, with counters that grow with each look."""

    looks = 0

    @staticmethod
    def page(path: str) -> bytes:
        match path:
            case "/metrics":
                _KubeProxy.looks += 1
                captured = (FIXTURES / "metrics-v1.36-iptables.txt").read_text()
                return _grown(captured + MORE_METRICS, _KubeProxy.looks)
            case "/proxyMode":
                return b"iptables"
        return (FIXTURES / f"{path[1:]}-v1.36.json").read_bytes()


@contextmanager
def kube_proxy() -> Iterator[None]:
    """Serve where kube-proxy does."""
    with _serving(_KubeProxy, 10249), _serving(_KubeProxy, 10256):
        yield


def _grown(metrics: str, factor: int) -> bytes:
    """Return them with larger counters, also those that were 0, as of a kube-proxy in trouble."""

    def grow(match: re.Match[str]) -> str:
        return f"{match[1]} {(float(match[2]) + 1) * factor}"

    counter = r"^(\w+_(?:bucket|sum|count|total)(?:\{.*\})?) (\S+)$"
    return re.sub(counter, grow, metrics, flags=re.MULTILINE).encode()


@contextmanager
def answer_wrongly() -> Iterator[int]:
    """Answer DNS queries with replies to others; yields the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((LOOPBACK, 0))
        thread = threading.Thread(target=_forge, args=(sock,), name="forger")
        thread.start()
        try:
            yield sock.getsockname()[1]
        finally:
            sock.sendto(b"", sock.getsockname())
            thread.join()


def _forge(sock: socket.socket) -> None:
    while True:
        query, sender = sock.recvfrom(65536)
        if len(query) < HEADER_BYTES:
            return
        identity, flags = bytes(byte ^ 0xFF for byte in query[:2]), b"\x80\x00"
        sock.sendto(identity + flags + query[4:], sender)


@contextmanager
def shout_at(address: tuple[str, int]) -> Iterator[None]:
    """Send there, again and again, what nobody wants."""
    over = threading.Event()

    def shout() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            while not over.wait(0.2):
                sock.sendto(b"?", address)

    # A thread is in the namespace in which it begins.
    thread = threading.Thread(target=shout, name="shout")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()

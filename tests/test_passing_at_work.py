"""The metrics of others on our page: it stays valid whatever they say, for Prometheus itself."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from netwatch.exposition.dialect import Dialect
from tests.namespaces import Namespace
from tests.programs import Agent, Scrape, StartAgent, eventually
from tests.prometheus import needs, prometheus, query

FIXTURES = Path(__file__).parent / "fixtures/kube-proxy"
IPTABLES = (FIXTURES / "metrics-v1.36-iptables.txt").read_bytes()
GARBAGE = b"""\
# HELP kubeproxy_sync_proxy_rules_service_changes_total Of another type than kube-proxy's.
# TYPE kubeproxy_sync_proxy_rules_service_changes_total gauge
kubeproxy_sync_proxy_rules_service_changes_total 1
# TYPE netwatch_target_up gauge
netwatch_target_up 1
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total 1
# TYPE fine gauge
fine{a="1"} 1
fine{a="1"} 2
fine{a="1",a="2"} 2
fine{a="\\t"} 1
fine{a="2"
fine 1e999
# TYPE fine histogram
# TYPE halfway histogram
halfway_bucket{le="1"} 5
halfway_bucket 5
halfway 1
# TYPE rules:colon untyped
rules:colon 1
{"a.b"} 1
<html>\x00\xff</html>
stamped 1 NOW
"""
METRICS = "/iptables/metrics"
PAGES = {
    METRICS: IPTABLES,
    "/proxyMode": b"iptables",
    "/livez": (FIXTURES / "livez-v1.36.json").read_bytes(),
    "/healthz": (FIXTURES / "healthz-v1.36.json").read_bytes(),
    "/nftables": (FIXTURES / "metrics-v1.36-nftables.txt").read_bytes(),
    "/old": (FIXTURES / "metrics-v1.21-iptables.txt").read_bytes(),
    "/garbage": GARBAGE,
    "/cut": IPTABLES[: len(IPTABLES) // 2 - 7],
    "/empty": b"",
}
CONFIG = """\
checks:
  kube-proxy:
    source: {static: [{url: "http://127.0.0.1:%(port)d/iptables/metrics", name: node-1}]}
    probe:
      kube_proxy:
        interval: 1s
        health_port: %(port)d
        max_sync_pending: 1s
        labels: {job: kube-proxy, ident: node-1}
  others:
    source:
      static:
        - {name: nftables, url: "http://127.0.0.1:%(port)d/nftables"}
        - {name: old, url: "http://127.0.0.1:%(port)d/old"}
        - {name: garbage, url: "http://127.0.0.1:%(port)d/garbage"}
        - {name: cut, url: "http://127.0.0.1:%(port)d/cut"}
        - {name: empty, url: "http://127.0.0.1:%(port)d/empty"}
    probe: {scrape: {interval: 1s, labels: {job: others}}}
  alone:
    source: {static: [{url: "http://127.0.0.1:%(port)d/iptables/metrics"}]}
    probe: {scrape: {interval: 1s, page: /metrics/alone}}
"""
SYNCED = "kubeproxy_sync_proxy_rules_last_timestamp_seconds"

# A change has come since the last sync, and no sync comes.
_QUEUED = b'last_queued_timestamp_seconds{ip_family="IPv4"} 1.79522907'
STALLED = IPTABLES.replace(_QUEUED + b"40141985", _QUEUED + b"50141985")
_STARTED = b"\nprocess_start_time_seconds 1.79522907"
RESTARTED = IPTABLES.replace(_STARTED + b"326", _STARTED + b"999")
DRAINING = (FIXTURES / "healthz-v1.36-node-deleting.http").read_bytes().split(b"\r\n\r\n", 1)[1]


class Server(ThreadingHTTPServer):
    """Serves its `pages`; one that is not well has the status 503."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages = dict(PAGES)

    def status_of(self, path: str) -> int:
        if path not in self.pages:
            return 404
        return 503 if self.pages[path] == DRAINING else 200


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        now = str(round(time.time() * 1000)).encode()
        body = self.server.pages.get(self.path, b"").replace(b"NOW", now)
        self.send_response(self.server.status_of(self.path))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with suppress(BrokenPipeError):  # who asked has been stopped
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def others() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), name="others")
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def wait_until_all_is_passed_on(agent: Agent) -> None:
    eventually(lambda: len(agent.scrape().find("netwatch_passed_series")) == 6, lambda: agent.log)


def check_that_promtool_can_read(text: str) -> None:
    """It finds fault with the names that others have chosen; what is not valid it cannot read."""
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert "parsing error" not in checked.stderr
    assert "netwatch_" not in checked.stderr


def test_what_others_say_is_shown_while_they_say_it(start_agent: StartAgent) -> None:
    with others() as server:
        agent = start_agent(CONFIG % {"port": server.server_port})
        wait_until_all_is_passed_on(agent)
        scrape = agent.scrape()
        assert len(scrape.find(SYNCED, job="kube-proxy", ident="node-1")) == 2
        assert len(scrape.find(SYNCED, job="others", target="nftables")) == 2
        assert len(scrape.find(SYNCED, job="others", target="old")) == 1
        assert scrape.value("fine", target="garbage") == 1
        assert scrape.value("netwatch_kube_proxy_mode", mode="iptables") == 1
        dropped = {
            reason: scrape.value("netwatch_passed_dropped", target="garbage", reason=reason)
            for reason in ("invalid", "duplicate", "name")
        }
        assert dropped == {"invalid": 9, "duplicate": 1, "name": 2}
        # Of the two types of one family the one that came first is shown.
        assert scrape.find("netwatch_passed_dropped", reason="kind")
        alone = Scrape(agent.request("/metrics/alone").text)
        assert alone.find("process_cpu_seconds_total")
        assert not alone.find("netwatch_target_up")
        assert "series have names of ours" in agent.request("/").text
    eventually(lambda: not agent.scrape().find(SYNCED))
    eventually(lambda: agent.request("/metrics/alone").status == 404)
    eventually(lambda: agent.scrape().value("netwatch_target_up", target="node-1") == 0)
    assert agent.stop() == 0


def test_openmetrics_has_the_same_samples(start_agent: StartAgent) -> None:
    with others() as server:
        agent = start_agent(CONFIG % {"port": server.server_port})
        wait_until_all_is_passed_on(agent)
        headers = {"Accept": "application/openmetrics-text; version=1.0.0"}
        plain = Scrape(agent.request("/metrics/alone").text)
        strict = agent.request("/metrics/alone", headers=headers).text
    names = {sample.name for sample in Scrape(strict, Dialect.OPENMETRICS).samples}
    assert names == {sample.name for sample in plain.samples}


STATE = "netwatch_kube_proxy_state"
HAPPENINGS: tuple[tuple[dict[str, bytes], tuple[str, ...]], ...] = (
    (
        {},
        (
            f'{STATE}{{state="healthy"}} == 1',
            "netwatch_kube_proxy_metrics_up == 1",
            "netwatch_kube_proxy_healthy == 1",
            "netwatch_kube_proxy_node_eligible == 1",
        ),
    ),
    (
        {METRICS: STALLED},
        (
            f'{STATE}{{state="stalled"}} == 1',
            'netwatch_kube_proxy_sync_pending_seconds{ip_family="IPv4"} > 1',
            "netwatch_kube_proxy_healthy == 1",
            'netwatch_target_up{check="kube-proxy"} == 0',
        ),
    ),
    (
        {METRICS: RESTARTED},
        (
            f'{STATE}{{state="healthy"}} == 1',
            'netwatch_kube_proxy_sync_pending_seconds{ip_family="IPv4"} == 0',
            "netwatch_kube_proxy_restarts_total == 1",
        ),
    ),
    (
        {"/healthz": DRAINING},
        (
            f'{STATE}{{state="draining"}} == 1',
            "netwatch_kube_proxy_healthy == 1",
            "netwatch_kube_proxy_node_eligible == 0",
            'netwatch_target_up{check="kube-proxy"} == 1',
        ),
    ),
)
"""What changes on the pages of a kube-proxy, and what a Prometheus then knows of it."""


@pytest.mark.netns
def test_prometheus_and_promtool_take_it_all(
    netns: Callable[[str], Namespace], start_agent: StartAgent, tmp_path: Path
) -> None:
    needs("promtool")
    needs("prometheus")
    with netns("passing"), others() as server:
        agent = start_agent(CONFIG % {"port": server.server_port})
        wait_until_all_is_passed_on(agent)
        texts = [agent.request("/metrics").text]
        with prometheus(tmp_path, agent, "/metrics", "/metrics/alone"):
            eventually(lambda: len(query("up == 1")) == 2)
            assert len(query(f'{SYNCED}{{job="kube-proxy",ident="node-1"}}')) == 2
            assert len(query("netwatch_passed_series")) == 6
            assert query('scrape_samples_post_metric_relabeling{job="/metrics/alone"}')
            for change, told in HAPPENINGS:
                server.pages |= change
                eventually(partial(query, " and on () ".join(told)), lambda: agent.log)
                texts.append(agent.request("/metrics").text)
        log = (tmp_path / "prometheus.log").read_text()
        assert agent.stop() == 0
    assert "Error on ingesting" not in log
    assert "append failed" not in log
    for text in texts:
        check_that_promtool_can_read(text)

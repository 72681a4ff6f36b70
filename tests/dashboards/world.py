"""Two nodes with an agent each, with every kind of trouble, and a Prometheus that scrapes them.

What is on 127.0.0.1 is on that of node-a alone, so that node-b finds nothing there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.certificates import Authority
from tests.charts.rules.promtool import RULES
from tests.dashboards.files import Json, defaults, interpolated, regex_of, variables
from tests.dashboards.servers import answer_wrongly, kube_proxy, shout_at, web
from tests.dnsmasq import dnsmasq
from tests.grpc_server import health_server
from tests.namespaces import Namespace, connect
from tests.programs import NETWATCH, Agent, eventually, fetch
from tests.prometheus import PROMETHEUS, scraping

NODES = {"node-a": "10.9.1.1", "node-b": "10.9.1.2"}

CONFIG = """\
listen: [":9847"]
udp_echo: {{listen: [":9848"]}}
checks:
  nodes:
    source:
      static:
        - {{name: node-a, host: 10.9.1.1, zone: zone-a}}
        - {{name: node-b, host: 10.9.1.2, zone: zone-b}}
        - {{name: node-c, host: 10.9.1.9, zone: zone-b}}
    probe: &ping {{icmp: {{interval: 100ms, timeout: 300ms}}}}
  external:
    source:
      static:
        - {{name: refused, host: 127.0.0.3, zone: outside}}
        - {{name: blocked, host: 127.0.0.5}}
    probe: *ping
  web:
    source:
      static:
        - "http://127.0.0.1:{http}/"
        - "https://127.0.0.1:{https}/"
    probe: {{http: {{interval: 500ms, tls: {{ca_file: {ca_file}}}}}}}
  strict:
    source: {{static: ["http://127.0.0.1:{http}/", "https://127.0.0.1:{https}/"]}}
    probe: {{http: {{interval: 500ms, valid_status: [404]}}}}
  locked-out:
    source: {{static: ["http://127.0.0.1:{http}/"]}}
    probe: {{http: {{interval: 500ms, bearer_token_file: /none}}}}
  name-servers:
    source:
      static:
        - {{name: good, host: 127.0.0.1, port: {dns}}}
        - {{name: forger, host: 127.0.0.1, port: {forger}}}
    probe: {{dns: {{query: a.example., interval: 500ms, timeout: 300ms, retransmit: 1}}}}
  names:
    source: {{static: [localhost]}}
    probe: {{resolve: {{interval: 500ms}}}}
  echo:
    source: {{static: [{{name: node-b, host: 10.9.1.2}}]}}
    probe: {{udp: {{interval: 1s, packets: 2, timeout: 900ms, wait: 200ms}}}}
  health:
    source: {{static: [{{host: 127.0.0.1, port: {grpc}}}]}}
    probe: {{grpc: {{interval: 500ms}}}}
  kube-proxy:
    source: {{static: [{{name: kube-proxy, host: 127.0.0.1}}]}}
    probe: {{kube_proxy: {{interval: 1s}}}}
  service-paths:
    source:
      static: [{{name: web, host: 10.9.1.9, port: 80, backends: ["127.0.0.1:{http}"]}}]
    probe: {{service_path: {{interval: 1s, timeout: 500ms}}}}
  both:
    source: {{file: {{path: {targets_file}}}}}
    probe: *ping
  others:
    source: {{static: ["http://127.0.0.1:10249/metrics"]}}
    probe: {{scrape: {{interval: 1s, allow: [go_*]}}}}
  nodes-in-turns:
    source:
      static:
        - {{host: 10.9.1.1, zone: zone-a}}
        - {{host: 10.9.1.2, zone: zone-b}}
        - {{host: 127.0.0.1, zone: zone-b}}
    probe: *ping
    peers: {{sample: 1, rotate: 10s}}
"""

TARGETS = """\
{"cluster_targets": [{"ipAddress": "10.9.1.1", "name": "node-a"},
                     {"ipAddress": "10.9.1.2", "name": "node-b"}],
 "external_targets": [{"host": "127.0.0.3", "name": "wiki"}]}
"""
"""Nodes and others in one check, as the ping-exporter has them."""

# Of three packets to node-b one is lost; what goes to node-a is not.
NODE_A_RULES = """\
add rule inet t input ip daddr 127.0.0.3 icmp type echo-request reject with icmp port-unreachable
add rule inet t output ip daddr 127.0.0.5 icmp type echo-request drop
"""
NODE_B_RULES = """\
add rule inet t input icmp type echo-request numgen inc mod 3 == 0 drop
"""

Series = list[dict[str, Any]]


@dataclass(frozen=True)
class World:
    """What a Grafana would ask: Prometheus, on node-a."""

    inside: Namespace

    def query(self, expression: str) -> Series:
        """Return the series of an expression, as they are now."""
        found: Series = self._ask("query", query=expression)["result"]
        return found

    def values(self, variable: Json, chosen: Mapping[str, str]) -> list[str]:
        """Return what there is to choose from for a variable of a dashboard."""
        match variable["query"]:
            case {"qryType": 1, "query": text}:
                asked = interpolated(text, chosen).removeprefix("label_values(").removesuffix(")")
                selector, _, label = asked.rpartition(", ")
                found: list[str] = self._ask(f"label/{label}/values", **{"match[]": selector})
                return found
            case {"qryType": 3, "query": text}:
                asked = interpolated(text, chosen).removeprefix("query_result(").removesuffix(")")
                lines = [_as_grafana_shows_it(each["metric"]) for each in self.query(asked)]
                matches = (re.search(variable["regex"].strip("/"), line) for line in lines)
                return [match[1] for match in matches if match]
        raise AssertionError(variable)

    def filled_in(self, text: str, dashboard: Json, **chosen: str) -> str:
        """Return a query with what a dashboard has at first, but for what is chosen."""
        values = {**defaults(dashboard), **chosen}
        for name, variable in variables(dashboard).items():
            if name not in values:
                values[name] = regex_of(self.values(variable, values))
        return interpolated(text, values)

    def is_ready(self) -> bool:
        """Whether it answers yet, and has scraped everybody often enough for a rate."""
        with self.inside:
            try:
                if fetch(PROMETHEUS, "/-/ready").status != HTTPStatus.OK:
                    return False
            except ConnectionRefusedError:
                return False
        return len(self.query("count_over_time(netwatch_build_info[1m]) >= 3")) == len(NODES)

    def _ask(self, what: str, **parameters: str) -> Any:
        with self.inside:
            response = fetch(PROMETHEUS, f"/api/v1/{what}?{urlencode(parameters)}")
        answer = json.loads(response.body)
        assert answer["status"] == "success", answer
        return answer["data"]


def _as_grafana_shows_it(metric: Mapping[str, str]) -> str:
    """Return the text to which it applies the regular expression of a variable."""
    return "{" + ",".join(f'{label}="{value}"' for label, value in metric.items()) + "} 1 0"


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Set it up in namespaces, and wait until Prometheus has scraped everybody twice."""
    with ExitStack() as stack:
        node_a, node_b = (_namespace(stack, name) for name in NODES)
        connect(node_a, node_b)
        node_a.nft(NODE_A_RULES)
        node_b.nft(NODE_B_RULES)
        config = _config(stack, folder, node_a)
        with node_a:
            stack.enter_context(scraping(folder, [_agents(), _KUBE_PROXY_ITSELF], RULES))
        for name, namespace in zip(NODES, (node_a, node_b), strict=True):
            _start_agent(stack, namespace, folder / name, config)
        made = World(node_a)
        eventually(made.is_ready)
        yield made


def _namespace(stack: ExitStack, name: str) -> Namespace:
    namespace = Namespace(name)
    stack.callback(namespace.close)
    return namespace


def _config(stack: ExitStack, folder: Path, place: Namespace) -> str:
    """Start what is probed; return the configuration that says where it is."""
    authority = Authority(folder)
    with place:
        enter = stack.enter_context
        ports = {
            "http": enter(web()),
            "https": enter(web(authority.server("127.0.0.1"))),
            "dns": enter(dnsmasq("--address=/a.example/10.0.0.1")),
            "forger": enter(answer_wrongly()),
            "grpc": enter(health_server()).port,
        }
        enter(kube_proxy())
        enter(shout_at((NODES["node-a"], 9848)))
    targets_file = folder / "targets.json"
    targets_file.write_text(TARGETS)
    return CONFIG.format(ca_file=authority.ca_file, targets_file=targets_file, **ports)


def _start_agent(stack: ExitStack, place: Namespace, folder: Path, config: str) -> None:
    folder.mkdir()
    (folder / "netwatch.yaml").write_text(config)
    with place:
        agent = Agent([*NETWATCH, "agent", "--config", str(folder / "netwatch.yaml")], folder)
    stack.callback(_end, agent)


def _end(agent: Agent) -> None:
    agent.kill()
    assert "Traceback" not in agent.log


_KUBE_PROXY_ITSELF = {
    "job_name": "kube-proxy",
    "static_configs": [{"targets": ["127.0.0.1:10249"], "labels": {"cluster": "test"}}],
}
"""Where somebody scrapes it as well, it is the same series once more."""


def _agents() -> Mapping[str, object]:
    agents = [
        {"targets": [f"{address}:9847"], "labels": _labels(name)} for name, address in NODES.items()
    ]
    return {"job_name": "netwatch", "static_configs": agents}


def _labels(node: str) -> Mapping[str, str]:
    """Return what the chart's monitor adds, and an external label of the cluster."""
    zone = node.replace("node", "zone")
    return {"node": node, "network": "host", "node_zone": zone, "cluster": "test"}

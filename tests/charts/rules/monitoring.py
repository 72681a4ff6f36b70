"""A real Prometheus and Alertmanager with the rules of the chart; their minute is a second."""

import json
import re
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import yaml

from tests.charts.helm import CHART
from tests.charts.rules.promtool import RULES
from tests.namespaces import Namespace
from tests.programs import eventually, fetch

PROMETHEUS = ("127.0.0.1", 9090)
ALERTMANAGER = ("127.0.0.1", 9093)
WEBHOOK = ("127.0.0.1", 9080)
FASTER = {"m": (1, "s"), "h": (1, "m"), "d": (24, "m")}
UNSCALABLE = {"NetwatchAgentTrouble"}
"""It judges the worst of the last minute, which is a minute in the agent."""

Labels = Mapping[str, str]


def time_lapse(document: Any) -> Any:
    """Return a file of Prometheus or Alertmanager sixty times as fast: `for: 2m` is two seconds.

    Durations are scaled where they stand alone or in brackets, so not in words and not `> 600`.
    """

    def scaled(match: re.Match[str]) -> str:
        factor, unit = FASTER[match[3]]
        return f"{match[1]}{int(match[2]) * factor}{unit}{match[4]}"

    match document:
        case str():
            return re.sub(r"(^|\[)(\d+)([mhd])($|\])", scaled, document)
        case list():
            return [time_lapse(item) for item in document]
        case dict():
            return {key: time_lapse(value) for key, value in document.items()}
    return document


class Webhook:
    """Keeps the notifications that Alertmanager sends."""

    def __init__(self) -> None:
        self.notifications: list[dict[str, Any]] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        kept = self.notifications

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                kept.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(WEBHOOK, Handler) as server:
            thread = threading.Thread(target=server.serve_forever, name="webhook")
            thread.start()
            try:
                yield
            finally:
                server.shutdown()
                thread.join()


class Monitoring:
    """Both programs, in a namespace of their own, and who they notify."""

    def __init__(self, namespace: Namespace, folder: Path) -> None:
        self.webhook = Webhook()
        self._namespace = namespace
        self._folder = folder

    @contextmanager
    def running(self, agents: Sequence[tuple[str, Labels]] = ()) -> Iterator[None]:
        """Run both; `agents` are addresses, with the labels that the chart's monitors add."""
        with (
            self._namespace,
            self.webhook.listening(),
            self._program("prometheus-alertmanager", self._alertmanager_arguments()),
            self._program("prometheus", self._prometheus_arguments(agents)),
        ):
            eventually(lambda: self._is_ready(PROMETHEUS) and self._is_ready(ALERTMANAGER))
            yield

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an instant query."""
        response = fetch(PROMETHEUS, f"/api/v1/query?{urlencode({'query': expression})}")
        found: list[dict[str, Any]] = json.loads(response.body)["data"]["result"]
        return found

    def states(self) -> dict[str, str]:
        """Return what Alertmanager does with each alert that it has: active or suppressed."""
        alerts = json.loads(fetch(ALERTMANAGER, "/api/v2/alerts").body)
        return {alert["labels"]["alertname"]: alert["status"]["state"] for alert in alerts}

    def raise_alerts(self, *alerts: Labels) -> None:
        """Tell Alertmanager of alerts, as Prometheus would."""
        command = ["amtool", "alert", "add", f"--alertmanager.url=http://{_url(ALERTMANAGER)}"]
        for labels in alerts:
            pairs = [f"{name}={value}" for name, value in labels.items()]
            subprocess.run([*command, *pairs], check=True, capture_output=True)

    @contextmanager
    def _program(self, name: str, arguments: Sequence[str]) -> Iterator[None]:
        log_path = self._folder / f"{name}.log"
        with (
            log_path.open("wb") as log,
            subprocess.Popen([name, *arguments], stdout=log, stderr=log) as process,
        ):
            try:
                yield
            finally:
                process.kill()

    def _is_ready(self, address: tuple[str, int]) -> bool:
        try:
            return fetch(address, "/-/ready").status == 200
        except ConnectionRefusedError:
            return False

    def _alertmanager_arguments(self) -> list[str]:
        config = time_lapse(yaml.safe_load((CHART / "alertmanager.yaml").read_text()))
        [receiver] = config["receivers"]
        receiver["webhook_configs"] = [{"url": f"http://{_url(WEBHOOK)}/"}]
        return [
            f"--config.file={self._write('alertmanager.yaml', config)}",
            f"--storage.path={self._folder / 'alertmanager'}",
            f"--web.listen-address={_url(ALERTMANAGER)}",
            "--cluster.listen-address=",
        ]

    def _prometheus_arguments(self, agents: Sequence[tuple[str, Labels]]) -> list[str]:
        for path in RULES:
            document = time_lapse(yaml.safe_load(path.read_text()))
            for group in document["groups"]:
                kept = [rule for rule in group["rules"] if rule.get("alert") not in UNSCALABLE]
                group["rules"] = kept
            self._write(f"{path.stem}.rules", document)
        config = {
            "global": {
                "scrape_interval": "1s",
                "scrape_timeout": "1s",
                "evaluation_interval": "1s",
            },
            "rule_files": [str(self._folder / "*.rules")],
            "alerting": {
                "alertmanagers": [{"static_configs": [{"targets": [_url(ALERTMANAGER)]}]}]
            },
            "scrape_configs": [
                {
                    "job_name": "netwatch",
                    "static_configs": [
                        {"targets": [address], "labels": labels} for address, labels in agents
                    ],
                }
            ],
        }
        return [
            f"--config.file={self._write('prometheus.yml', config)}",
            f"--storage.tsdb.path={self._folder / 'prometheus'}",
            f"--web.listen-address={_url(PROMETHEUS)}",
        ]

    def _write(self, name: str, document: object) -> Path:
        path = self._folder / name
        path.write_text(json.dumps(document))
        return path


def _url(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"

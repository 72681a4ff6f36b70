"""Prometheus itself, and its promtool; Debian has both programs in the package prometheus."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.programs import Agent, fetch

PROMETHEUS = ("127.0.0.1", 9090)
"""In a network namespace of the test."""


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"the program {program} is not installed")


@contextmanager
def prometheus(folder: Path, agent: Agent, *paths: str) -> Iterator[None]:
    """Run it beside the agent; it scrapes these paths every second, each a job by its name."""
    host, port = agent.address
    there = [{"targets": [f"{host}:{port}"]}]
    jobs = [
        {"job_name": path, "metrics_path": path, "honor_labels": True, "static_configs": there}
        for path in paths or ("/metrics",)
    ]
    with scraping(folder, jobs):
        yield


@contextmanager
def scraping(
    folder: Path, jobs: Sequence[Mapping[str, Any]], rules: Sequence[Path] = ()
) -> Iterator[None]:
    """Run it, with these `scrape_configs` and files of rules, every second."""
    config = folder / "prometheus.yml"
    every = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    files = [str(path) for path in rules]
    said = {"global": every, "rule_files": files, "scrape_configs": [*jobs]}
    config.write_text(json.dumps(said))
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={PROMETHEUS[0]}:{PROMETHEUS[1]}",
    ]
    with (
        (folder / "prometheus.log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.kill()


def query(expression: str) -> list[dict[str, Any]]:
    """Return what Prometheus' API says; nothing as long as it starts."""
    try:
        response = fetch(PROMETHEUS, f"/api/v1/query?{urlencode({'query': expression})}")
    except ConnectionRefusedError:
        return []
    if response.status != 200:
        return []
    result: list[dict[str, Any]] = json.loads(response.body)["data"]["result"]
    return result

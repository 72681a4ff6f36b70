"""`scripts/bench`, and the document that it writes."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import MEASUREMENTS
from bench.table import placed

ROOT = Path(__file__).parent.parent.parent


def bench(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_every_measurement_has_its_place_in_the_document(name: str) -> None:
    document = (ROOT / "docs/performance.md").read_text()
    assert "\nnew\n" in placed(document, name, "new")


def test_an_unknown_part_is_named_with_those_that_exist() -> None:
    done = bench("speed")
    assert done.returncode == 2
    assert "found 'speed', expected one of cpu, rtt, loss" in done.stderr


def test_figures_that_were_made_in_haste_are_not_written() -> None:
    assert bench("--quick", "--write").returncode == 2


def test_clusters_are_measured_without_a_network() -> None:
    done = bench("cluster", "--quick")
    assert done.returncode == 0, done.stderr
    assert "| source nodes |" in done.stdout
    assert "| that change targets " in done.stdout
    assert "| 1,000 nodes |" in done.stdout


def test_rendering_is_measured_without_a_network() -> None:
    done = bench("render", "--quick")
    assert done.returncode == 0, done.stderr
    assert "| generate_latest |" in done.stdout
    assert "| gzip " in done.stdout

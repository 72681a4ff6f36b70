import subprocess
import sys
from pathlib import Path

from bench.attempts import Timeliness
from bench.cpu import Cost

ROOT = Path(__file__).parent.parent.parent


def test_an_agent_is_told_by_its_rate_its_failures_its_cost_and_its_worst_delay() -> None:
    cost = Cost(cpu_seconds=5.5, pings=10_000, seconds=10)
    assert Timeliness(cost, failures=3, worst_lag_seconds=0.0421).cells == [
        *("1,000", "3", "55%", "42"),
    ]


def test_attempts_are_measured_without_a_network() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "attempts", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    timely = next(line for line in done.stdout.splitlines() if line.startswith("| netwatch "))
    name, rate, failed, *_ = (cell.strip() for cell in timely.strip("|").split("|"))
    assert (name, failed) == ("netwatch", "0")
    assert int(rate) > 0
    assert "| 50 a second |" in done.stdout

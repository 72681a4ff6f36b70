"""Prometheus' own arithmetic, without a Prometheus."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.dashboards.files import interpolated

CHOSEN = {
    "__rate_interval": "5m",
    "__range": "10m",
    "__interval": "1m",
    **dict.fromkeys(("cluster", "job", "network", "node"), ".*"),
}


class Promtool:
    def __init__(self, file: Path) -> None:
        self.file = file

    def says(self, expression: str, series: Mapping[str, str], *expected: tuple[str, float]) -> str:
        """Return its complaint if the expression is not this, after ten minutes of these series."""
        samples = [{"labels": labels, "value": value} for labels, value in expected]
        asked = {
            "expr": interpolated(expression, CHOSEN),
            "eval_time": "10m",
            "exp_samples": samples,
        }
        inputs = [{"series": name, "values": values} for name, values in series.items()]
        test = {"interval": "1m", "input_series": inputs, "promql_expr_test": [asked]}
        self.file.write_text(json.dumps({"tests": [test]}))
        command = ["promtool", "test", "rules", str(self.file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return "" if done.returncode == 0 else done.stdout + done.stderr

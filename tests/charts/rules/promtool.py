"""Stories for `promtool test rules`: what Prometheus scraped, and which alerts ever came of it.

promtool.expect({'netwatch_source_age_seconds{source="nodes"}': over(30, lambda _: 900)},
                'NetwatchSourceStale{}')
"""

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.charts.helm import CHART

RULES = sorted((CHART / "rules").glob("*.yaml"))
STEP_SECONDS = 30
NAMING_LABELS = ("alertname", "node", "node_zone", "target", "zone")

Values = Sequence[float | None]
"""One for each step; None where nothing was scraped."""
Series = Mapping[str, Values]


def over(minutes: float, value_at: Callable[[float], float | None]) -> Values:
    """Return the values of a story that long; `value_at` gives that of a minute."""
    steps = int(minutes * 60 / STEP_SECONDS)
    return [value_at(step * STEP_SECONDS / 60) for step in range(steps)]


def growing(minutes: float, per_minute: float) -> Values:
    """Return a counter that grows from 0 for that long."""
    return over(minutes, lambda minute: minute * per_minute)


def counted(rates: Values) -> Values:
    """Return a counter that grows by these rates a second, and begins anew after a silence."""
    counts: list[float | None] = []
    for rate in rates:
        before = counts[-1] if counts else None
        if rate is None:
            counts.append(None)
        else:
            counts.append(0.0 if before is None else before + rate * STEP_SECONDS)
    return counts


def together(*stories: Series) -> Series:
    """Return all series of several stories; of one that two of them tell, the last counts."""
    return {name: values for story in stories for name, values in story.items()}


class Promtool:
    """Runs stories, in which there is an agent if they tell of none."""

    def __init__(self, folder: Path) -> None:
        """`folder` is for their files."""
        self._file = folder / "story.yaml"

    def expect(self, series: Series, *alerts: str) -> None:
        """Fail unless exactly these alerts fired at any time: `NetwatchNodeLossy{node="a"}`.

        Of their labels those are compared that say what it is about: NAMING_LABELS. Two alerts that
        differ by others alone would be one alert too many.
        """
        minutes = _minutes(series)
        fired = f'max_over_time(ALERTS{{alertstate="firing"}}[{minutes + 1}m])'
        self.expect_values(
            series, f"count by ({', '.join(NAMING_LABELS)}) ({fired})", *map(_sample, alerts)
        )

    def expect_values(
        self, series: Series, expression: str, *samples: Mapping[str, str | float]
    ) -> None:
        """Fail unless the expression has these values when the story ends."""
        test = {
            "expr": expression,
            "eval_time": f"{_minutes(series)}m",
            "exp_samples": list(samples),
        }
        done = self._run(series, {"promql_expr_test": [test]})
        assert done.returncode == 0, done.stdout + done.stderr

    def words(self, series: Series, alert: str) -> str:
        """Return what an alert says when the story ends."""
        asked = {"alertname": alert, "eval_time": f"{_minutes(series)}m", "exp_alerts": []}
        done = self._run(series, {"alert_rule_test": [asked]})
        assert done.returncode == 1, "the alert does not fire"
        return done.stdout + done.stderr  # it shows what it got, since nothing was expected

    def _run(self, told: Series, tests: Mapping[str, object]) -> "subprocess.CompletedProcess[str]":
        series = dict(told)
        if not any(name.startswith("netwatch_build_info") for name in told):
            series['netwatch_build_info{node="another"}'] = [1] * len(next(iter(told.values())))
        story = {
            "rule_files": [str(path) for path in RULES],
            "evaluation_interval": f"{STEP_SECONDS}s",
            "tests": [
                {
                    "interval": f"{STEP_SECONDS}s",
                    "input_series": [
                        {"series": name, "values": _written(values)}
                        for name, values in series.items()
                    ],
                    **tests,
                }
            ],
        }
        self._file.write_text(json.dumps(story))
        command = ["promtool", "test", "rules", str(self._file)]
        return subprocess.run(command, capture_output=True, text=True, check=False)


def _minutes(series: Series) -> int:
    """Return when the story ends: what is silent then was not scraped again."""
    return max(len(values) for values in series.values()) * STEP_SECONDS // 60 - 1


def _sample(alert: str) -> Mapping[str, str | float]:
    name, _, labels = alert.rstrip("}").partition("{")
    return {"labels": f'{{alertname="{name}"{", " if labels else ""}{labels}}}', "value": 1}


def _written(values: Values) -> str:
    """Write them as promtool reads them; what vanishes is stale at once, as after a scrape."""
    words = []
    for before, value in zip([None, *values], values, strict=False):
        missing = "_" if before is None else "stale"
        words.append(missing if value is None else f"{value:.10g}")
    return " ".join(words)

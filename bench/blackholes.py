"""Whether those who answer are measured as well beside black holes and a flood of forgeries."""

import time
from collections import Counter
from collections.abc import Sequence

from bench import agent, instrumented
from bench.accuracy import errors, spread
from bench.lab import Lab, addresses
from bench.rtt import RULE
from bench.table import Table
from netwatch.model import Outcome
from tests.rig.rig import Rig

ALIVE = 100
OTHERS = 900
HOLES = "10.200.0.0/16"
FLOOD_PER_SECOND = 20_000


def measure(lab: Lab) -> list[Table]:
    """Measure the same hundred targets among others that answer, and among black holes."""
    alive = addresses(ALIVE)
    others = addresses(OTHERS, "10.200.0.1")
    trouble = (f"{HOLES} loss=1", f"flood {FLOOD_PER_SECOND} 0.5")
    rows = [
        ["all answer", *_figures(lab, alive, others, RULE)],
        [f"{OTHERS} black holes and a flood", *_figures(lab, alive, others, RULE, *trouble)],
    ]
    caption = (
        f"{ALIVE} targets that answer, among {OTHERS} others: error of the round-trip time in us, "
        "and what became of their packets:"
    )
    figures = ["median", "p99", "worst", "packets", "lost", "local", "forged a second"]
    return [Table(caption, ["the others", *figures], rows)]


def _figures(lab: Lab, alive: Sequence[str], others: Sequence[str], *rules: str) -> list[str]:
    file, seconds = lab.folder / "answers.csv", lab.choose(30, 5)
    command = agent.command(lab.folder, [*alive, *others], "--record", str(file))
    with (
        lab.rig(*rules) as rig,
        agent.running_agent(rig, lab.folder, command, clamped=True) as running,
    ):
        flooded = _forged_a_second(rig, seconds)
        running.stop()
        records = rig.records()
    asked = frozenset(alive)
    rows = [row for row in instrumented.read(file) if row.address in asked]
    wrong = errors(instrumented.answered(rows), records)
    count = Counter(row.outcome for row in rows)
    numbers = (len(rows), count[Outcome.TIMEOUT], count[Outcome.LOCAL], flooded)
    return [*spread(wrong), *(f"{number:,.0f}" for number in numbers)]


def _forged_a_second(rig: Rig, seconds: float) -> float:
    before = rig.flooded
    time.sleep(seconds)
    return (rig.flooded - before) / seconds

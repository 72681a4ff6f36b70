"""Whether those who answer are measured as well beside black holes and a flood of forgeries."""

import time
from collections.abc import Sequence

from bench import agent, instrumented
from bench.accuracy import errors, spread
from bench.lab import Lab, addresses
from bench.rtt import RULE
from bench.table import Table
from tests.rig.rig import Rig

ALIVE = 100
DEAD = 900
HOLES = "10.200.0.0/16"
FLOOD_PER_SECOND = 20_000

WARM_UP_SECONDS = 3.0


def measure(lab: Lab) -> list[Table]:
    """Measure the same hundred targets among others that answer, and among black holes."""
    alive = addresses(ALIVE)
    holes = [f"10.200.{number // 250}.{number % 250}" for number in range(DEAD)]
    quiet = [RULE]
    flood = [RULE, f"{HOLES} loss=1", f"flood {FLOOD_PER_SECOND} 0.5"]
    rows = [
        ["all answer", *_figures(lab, alive, holes, quiet)],
        [f"{DEAD} black holes and a flood", *_figures(lab, alive, holes, flood)],
    ]
    caption = (
        f"{ALIVE} targets that answer, among {DEAD} others: error of the round-trip time in us, "
        "and packets lost:"
    )
    headings = [
        "the others",
        "median",
        "p99",
        "worst",
        "answers",
        "lost",
        "forged replies a second",
    ]
    return [Table(caption, headings, rows)]


def _figures(
    lab: Lab, alive: Sequence[str], others: Sequence[str], rules: Sequence[str]
) -> list[str]:
    file, seconds = lab.folder / "answers.csv", WARM_UP_SECONDS + lab.choose(30, 4)
    command = agent.command(lab.folder, [*alive, *others], "--record", str(file))
    with (
        lab.rig(*rules) as rig,
        agent.running_agent(rig, lab.folder, command, clamped=True) as running,
    ):
        flooded = _forged_a_second(rig, seconds)
        running.stop()
        records = rig.records()
    measured, failed = instrumented.read(file)
    asked = frozenset(alive)
    wrong = errors((one for one in measured if one.destination in asked), records)
    lost = sum(failed.get(address, 0) for address in alive)
    return [*spread(wrong), f"{len(wrong):,}", f"{lost:,}", f"{flooded:,.0f}"]


def _forged_a_second(rig: Rig, seconds: float) -> float:
    before = rig.flooded
    time.sleep(seconds)
    return (rig.flooded - before) / seconds

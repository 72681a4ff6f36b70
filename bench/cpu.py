"""How much CPU a ping costs, whoever sends it."""

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any, NamedTuple

from bench.contenders import CONTENDERS, OURS, Contender
from bench.cputime import cpu_seconds
from bench.lab import BUSY, IDLE, Lab, addresses, under
from bench.table import Table
from tests.rig.rig import Rig

CASES = ((10, IDLE), (1000, IDLE), (5000, IDLE), (1000, BUSY))
"""How many targets, and what else the machine does."""


class Cost(NamedTuple):
    """What a program used while it sent some pings."""

    cpu_seconds: float
    pings: int
    seconds: float

    @property
    def ms_per_1000(self) -> float:
        return self.cpu_seconds * 1e6 / self.pings

    @property
    def share_of_core(self) -> float:
        return self.cpu_seconds / self.seconds


Round = Mapping[str, Cost]
"""By the name of the contender."""


def measure(lab: Lab) -> list[Table]:
    """Let all of them ping, one after another and again, most of it idle."""
    present = [contender for contender in CONTENDERS if contender.is_there()]
    names = [contender.name for contender in present]
    costs: list[list[str]] = []
    ratios: list[list[str]] = []
    for count, load in lab.choose(CASES, ((10, IDLE), (500, BUSY))):
        contenders = [one for one in present if count <= one.most_targets]
        rounds = [_round(lab, contenders, count, load) for _ in range(lab.rounds)]
        case = f"{count:,} targets, {load}"
        costs.append([case, *cost_cells(rounds, names)])
        ratios.append([case, *ratio_cells(rounds, names[1:])])
    return [
        Table(
            f"CPU in ms per 1,000 pings (user and system), median of rounds: {lab.rounds}",
            ["", *names],
            costs,
        ),
        Table(
            f"CPU of {OURS.name} divided by that of the other, in the same round:",
            ["", *names[1:]],
            ratios,
        ),
    ]


def cost_cells(rounds: Sequence[Round], names: Sequence[str]) -> list[str]:
    """Write the median cost of each, and of ourselves also the share of a core."""
    return [_cost_cell(rounds, name) for name in names]


def _cost_cell(rounds: Sequence[Round], name: str) -> str:
    costs = [one[name] for one in rounds if name in one]
    if not costs:
        return "-"
    text = f"{median(cost.ms_per_1000 for cost in costs):.1f}"
    if not name.startswith(OURS.name):
        return text
    return f"{text} ({median(cost.share_of_core for cost in costs):.2%} of a core)"


def ratio_cells(rounds: Sequence[Round], names: Sequence[str]) -> list[str]:
    """Write the median over the rounds of our cost divided by that of each."""
    return [_ratio_cell(rounds, name) for name in names]


def _ratio_cell(rounds: Sequence[Round], name: str) -> str:
    ratios = [
        one[OURS.name].ms_per_1000 / one[name].ms_per_1000
        for one in rounds
        if name in one and OURS.name in one
    ]
    return f"{median(ratios):.3g}" if ratios else "-"


def _round(lab: Lab, contenders: Sequence[Contender], count: int, load: str) -> Round:
    costs: dict[str, Cost] = {}
    for contender in contenders:
        cost = _cost(lab, contender, count, load)
        if cost.pings:
            costs[contender.name] = cost
        else:
            print(f"{contender.name} sends nothing to {count:,} targets", file=sys.stderr)
    return costs


def _cost(lab: Lab, contender: Contender, count: int, load: str) -> Cost:
    """Run it on a network of its own."""
    targets = addresses(count)
    silent: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with lab.rig() as rig, under(load), ExitStack() as stack:
        contender.prepare(rig.namespace)
        command = contender.command(lab.folder, targets)
        process = stack.enter_context(rig.running(*command, **silent))
        if contender.asker:
            stack.enter_context(rig.running(*contender.asker(lab.folder, targets), **silent))
        time.sleep(lab.choose(contender.warm_up_seconds, 5))
        return _window(rig, process.pid, lab.choose(10, 4))


def _window(rig: Rig, pid: int, seconds: float) -> Cost:
    start_ns, before = time.time_ns(), cpu_seconds(pid)
    time.sleep(seconds)
    end_ns, after = time.time_ns(), cpu_seconds(pid)
    pings = sum(start_ns <= record.out_ns < end_ns for record in rig.records())
    return Cost(after - before, pings, (end_ns - start_ns) / 1e9)

"""How wrong measured round-trip times are, against what the rig recorded of every packet."""

import subprocess
import time
from collections.abc import Callable, Sequence

from bench import agent, fping, instrumented
from bench.accuracy import errors, spread
from bench.contenders import installed
from bench.lab import ALL_TARGETS, BUSY, IDLE, Lab, addresses, under
from bench.table import Table
from tests.rig.rig import Rig

RULE = f"{ALL_TARGETS} delay=0.0005"
"""Below a millisecond, where fping's three digits are microseconds."""

BLOCKED = "event loop blocked 200 ms in every second"

Errors = list[float]
Prober = Callable[[Lab, Rig, Sequence[str]], Errors]


def measure(lab: Lab) -> list[Table]:
    """Let netwatch and fping ping in turns, and netwatch with its event loop blocked."""
    targets = addresses(lab.choose(1000, 200))
    rows = []
    for load in (IDLE, BUSY):
        for name, errors_of in _in_turns(lab, load, targets).items():
            rows.append([f"{name}, {load}", *spread(errors_of), f"{len(errors_of):,}"])
    blocked = [error for _ in _rounds(lab) for error in _round(lab, IDLE, ours_blocked, targets)]
    rows.append([f"netwatch, {BLOCKED}", *spread(sorted(blocked)), f"{len(blocked):,}"])
    caption = f"Error of the measured round-trip time in us, {len(targets):,} targets at 1 Hz:"
    return [Table(caption, ["", "median", "p99", "worst", "answers"], rows)]


def _in_turns(lab: Lab, load: str, targets: Sequence[str]) -> dict[str, Errors]:
    """Return all errors of each, ascending."""
    probers: dict[str, Prober] = {"netwatch": ours}
    if installed("fping")():
        probers["fping"] = _fping
    found: dict[str, Errors] = {name: [] for name in probers}
    for _ in _rounds(lab):
        for name, prober in probers.items():
            found[name] += _round(lab, load, prober, targets)
    return {name: sorted(all_of_it) for name, all_of_it in found.items()}


def _rounds(lab: Lab) -> range:
    return range(lab.rounds)


def _round(lab: Lab, load: str, prober: Prober, targets: Sequence[str]) -> Errors:
    with lab.rig(RULE) as rig, under(load):
        return prober(lab, rig, targets)


def _seconds(lab: Lab) -> float:
    return lab.choose(10, 5)


def ours(lab: Lab, rig: Rig, targets: Sequence[str], *flags: str) -> Errors:
    """Run the agent, with a record of all it measures."""
    file = lab.folder / "answers.csv"
    command = agent.command(lab.folder, targets, "--record", str(file), *flags)
    with agent.running_agent(rig, lab.folder, command) as running:
        time.sleep(_seconds(lab))
        running.stop()
    return errors(instrumented.answered(instrumented.read(file)), rig.records())


def ours_blocked(lab: Lab, rig: Rig, targets: Sequence[str]) -> Errors:
    return ours(lab, rig, targets, "--blocked")


def _fping(lab: Lab, rig: Rig, targets: Sequence[str]) -> Errors:
    output = lab.folder / "fping.answers"
    command = fping.command(lab.folder, targets, quiet=False)
    with output.open("w") as file, rig.running(*command, stdout=file, stderr=subprocess.DEVNULL):
        time.sleep(_seconds(lab))
    return errors(fping.answers(output.read_text().splitlines()), rig.records())

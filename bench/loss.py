"""Whether packets are lost that the network did not lose: ten thousand a second, small buffers."""

import time
from collections import Counter
from collections.abc import Sequence

from bench import agent
from bench.lab import BUSY, IDLE, Lab, addresses, under
from bench.rtt import BLOCKED
from bench.table import Table
from tests.rig.records import Record
from tests.rig.rig import Rig

SENT = "netwatch_icmp_packets_sent_total"
RECEIVED = "netwatch_icmp_packets_received_total"
LOST = "netwatch_icmp_packets_lost_total"
ERRORS = "netwatch_icmp_errors_total"
UNSENT = "netwatch_icmp_unsent_total"

WARM_UP_SECONDS = 10.0
TIMEOUT_NS = 1_000_000_000


def measure(lab: Lab) -> list[Table]:
    """Run the agent with the chart's privileges on a network that answers everything."""
    targets = addresses(lab.choose(10_000, 1000))
    seconds = lab.choose(60, 5)
    cases: tuple[tuple[str, str, tuple[str, ...]], ...] = (
        (IDLE, IDLE, ()),
        (BUSY, BUSY, ()),
        (BLOCKED, IDLE, ("--blocked",)),
    )
    rows = [[name, *_figures(lab, targets, seconds, load, flags)] for name, load, flags in cases]
    caption = (
        f"Packets of {len(targets):,} targets at 1 Hz in {seconds} s on a network that loses none, "
        "with NET_RAW alone and buffers of 212,992 bytes:"
    )
    truth, counted = ("left", "answered"), ("settled", "received", "lost", "local", "unsent")
    return [Table(caption, ["", *truth, *counted], rows)]


def _figures(
    lab: Lab, targets: Sequence[str], seconds: float, load: str, flags: Sequence[str]
) -> list[str]:
    command = agent.command(lab.folder, targets, *flags)
    with (
        lab.rig() as rig,
        under(load),
        agent.running_agent(rig, lab.folder, command, clamped=True) as running,
    ):
        time.sleep(WARM_UP_SECONDS)
        truth, counted = _watch(rig, running, seconds)
    return figures(truth, counted)


def _watch(rig: Rig, running: agent.Agent, seconds: float) -> tuple[Sequence[Record], Counter[str]]:
    """Return the rig's record of some time, and by how much the agent's counters grew in it."""
    families = (SENT, RECEIVED, LOST, ERRORS, UNSENT)
    start_ns, before = time.time_ns(), running.sums(*families)
    time.sleep(seconds)
    end_ns, after = time.time_ns(), running.sums(*families)
    after.subtract(before)
    return [record for record in rig.records() if start_ns <= record.out_ns < end_ns], after


def figures(truth: Sequence[Record], counted: Counter[str]) -> list[str]:
    """Write what happened and what was counted; an error is our own, since the rig makes none."""
    answered = sum(record.answers > 0 and record.hold_ns < TIMEOUT_NS for record in truth)
    numbers = (len(truth), answered, counted[SENT], counted[RECEIVED], counted[LOST])
    local = counted[ERRORS]
    share = local / counted[SENT] if counted[SENT] else 0.0
    return [
        *(f"{number:,.0f}" for number in numbers),
        f"{local:,.0f} ({share:.2%})",
        f"{counted[UNSENT]:,.0f}",
    ]

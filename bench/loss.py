"""Whether packets are lost that the network did not lose: ten thousand a second, small buffers."""

import time
from collections import Counter
from collections.abc import Sequence

from bench import agent
from bench.lab import BUSY, IDLE, Lab, addresses, under
from bench.rtt import BLOCKED
from bench.table import Table
from tests.rig.rig import Rig

SENT = "netwatch_icmp_packets_sent_total"
RECEIVED = "netwatch_icmp_packets_received_total"
LOST = "netwatch_icmp_packets_lost_total"
ERRORS = "netwatch_icmp_errors_total"
UNSENT = "netwatch_icmp_unsent_total"

WARM_UP_SECONDS = 10.0


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
        f"Packets of {len(targets):,} targets at 1 Hz in {seconds} s, all of which were answered; "
        "NET_RAW alone, buffers of 212,992 bytes:"
    )
    headings = ["", "left the host", "settled", "received", "falsely lost", "local", "unsent"]
    return [Table(caption, headings, rows)]


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
        left, counted = _difference(rig, running, seconds)
    return figures(left, counted)


def _difference(rig: Rig, running: agent.Agent, seconds: float) -> tuple[int, Counter[str]]:
    """Return what left by the rig's record, and by how much the agent's counters grew."""
    families = (SENT, RECEIVED, LOST, ERRORS, UNSENT)
    start_ns, before = time.time_ns(), running.sums(*families)
    time.sleep(seconds)
    end_ns, after = time.time_ns(), running.sums(*families)
    after.subtract(before)
    return sum(start_ns <= record.out_ns < end_ns for record in rig.records()), after


def figures(left: int, counted: Counter[str]) -> list[str]:
    """Write what was counted; an error can only be our own, since the rig makes none."""
    numbers = (left, counted[SENT], counted[RECEIVED], counted[LOST])
    local = counted[ERRORS]
    share = local / counted[SENT] if counted[SENT] else 0.0
    return [
        *(f"{number:,.0f}" for number in numbers),
        f"{local:,.0f} ({share:.2%})",
        f"{counted[UNSENT]:,.0f}",
    ]

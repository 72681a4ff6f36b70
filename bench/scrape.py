"""What reading the metrics of another program costs, and for how long it holds up all else."""

import asyncio
import gc
import time
from statistics import median
from typing import NoReturn

from prometheus_client.parser import text_string_to_metric_families

from bench.compared import ratio_cells, serving
from bench.lab import Lab
from bench.series import page
from bench.table import Table
from netwatch.attempt import Attempt, Probe
from netwatch.endpoint import Endpoint
from netwatch.net.resolver import Resolver
from netwatch.probe import Services
from netwatch.probes.scrape import ScrapeOptions
from netwatch.wire.promtext import TextReader, read

LINES = 50_000
"""About 5 MB."""


def measure(lab: Lab) -> list[Table]:
    """Read a page in turns, then scrape it over and over."""
    lines, rounds = lab.choose(LINES, LINES // 10), lab.choose(9, 3)
    return [_cost(page(lines), rounds), _steps(lines, rounds)]


def _cost(text: bytes, rounds: int) -> Table:
    def ours() -> int:
        samples: list[object] = []
        for _ in read(TextReader(lambda _, sample: samples.append(sample)), [text]):
            pass
        return len(samples)

    def theirs() -> int:
        families = text_string_to_metric_families(text.decode())
        return len([sample for family in families for sample in family.samples])

    assert ours() == theirs(), "they do not read the same samples"
    cells = ratio_cells(ours, theirs, rounds)
    lines = text.count(b"\n")
    caption = f"CPU of reading a page of {len(text) / 1e6:.1f} MB and {lines:,} lines, in ms:"
    return Table(caption, ["", "netwatch", "prometheus_client", "ratio"], [["median", *cells]])


def _steps(lines: int, rounds: int) -> Table:
    """Return how much CPU the event loop used at most before it came to another task."""
    rows = []
    with serving("bench.scrape_server", lines) as port:
        for coding in ("identity", "gzip"):
            worst = sorted(asyncio.run(_longest_step_ms(port, coding)) for _ in range(rounds))
            rows.append([coding, f"{median(worst):.1f}", f"{worst[-1]:.1f}"])
    caption = "Longest step of a scrape of that, all of it passed on, CPU in ms:"
    return Table(caption, ["", "median scrape", "worst scrape"], rows)


async def _longest_step_ms(port: int, coding: str) -> float:
    probe = ScrapeOptions(max_series=LINES).open(Services(Resolver().resolve))
    meter = StepMeter()
    gc.collect()
    gc.freeze()  # as the agent does
    async with asyncio.TaskGroup() as group:
        metering = group.create_task(meter.run(), name="meter")
        await group.create_task(_scrape(probe, f"http://127.0.0.1:{port}/{coding}"), name="scrape")
        metering.cancel()
    return meter.worst_seconds * 1e3


async def _scrape(probe: Probe, url: str) -> None:
    address = "127.0.0.1"
    await probe.measure(Attempt(Endpoint(name="page", host=address, address=address, url=url)))
    await asyncio.sleep(0)  # to let go of what was read is a part of it


class StepMeter:
    """Has its turn whenever the loop goes around, and looks what all others used in between."""

    def __init__(self) -> None:
        self.worst_seconds = 0.0

    async def run(self) -> NoReturn:
        """Look until cancelled."""
        before = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            self.worst_seconds = max(self.worst_seconds, now - before)
            before = now

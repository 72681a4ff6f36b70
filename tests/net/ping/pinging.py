"""Drives a Pinger in tests, and records what it delivers."""

import asyncio
import ipaddress
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from netwatch.endpoint import Endpoint
from netwatch.model import Batch, Check, Oddity, Outcome, Target
from netwatch.net.ping.engine import Pinger, PingOptions

PATIENCE_SECONDS = 30.0
PATIENT = PingOptions(interval=0.02, timeout=20.0)
"""For packets that are answered somehow: no noise of the machine makes them time out."""

SOON = PingOptions(interval=0.02, timeout=0.3)
"""For packets that nobody answers."""


class Row(NamedTuple):
    """What a batch says of one packet."""

    outcome: Outcome
    detail: str
    duration: float
    hop_limit: int
    accepted: bool
    started: float


class Record:
    """All that was delivered, by the name of the target, which is its address in these tests."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.oddities: list[tuple[str, Oddity]] = []

    def take(self, batch: Batch) -> None:
        for row, target in enumerate(batch.targets):
            self.rows.setdefault(target.endpoint.name, []).append(
                Row(
                    batch.outcomes[row],
                    batch.details.get(row, ""),
                    batch.durations[row],
                    batch.hop_limits[row],
                    batch.accepted[row],
                    batch.started[row],
                )
            )
        self.oddities += [(target.endpoint.name, oddity) for target, oddity in batch.oddities]

    def of(self, name: str) -> list[Row]:
        return self.rows.get(name, [])

    def outcomes(self, name: str) -> list[Outcome]:
        return [row.outcome for row in self.of(name)]

    def durations(self, name: str) -> list[float]:
        return [row.duration for row in self.of(name) if not math.isnan(row.duration)]

    def ways(self, name: str) -> set[tuple[Outcome, bool]]:
        """How its packets ended: outcome, and whether the kernel took them."""
        return {(row.outcome, row.accepted) for row in self.of(name)}

    def details(self, name: str) -> set[str]:
        return {row.detail for row in self.of(name)}


def target_at(address: str, name: str = "") -> Target:
    check = Check(name="test", probe="icmp", interval=1.0, timeout=1.0)
    name = name or address
    version = ipaddress.ip_address(address).version
    return Target(check, Endpoint(name=name, host=name, address=address, family=version))


@asynccontextmanager
async def running(record: Record) -> AsyncIterator[Pinger]:
    """Run a Pinger until the end of the block."""
    with Pinger(record.take) as pinger:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(pinger.run(), name="pinger")
            yield pinger
            task.cancel()


async def ping(*addresses: str, options: PingOptions = PATIENT, count: int = 3) -> Record:
    """Send each address `count` packets; return when all have settled."""
    record = Record()
    async with running(record) as pinger:
        for address in addresses:
            pinger.add(target_at(address), options, first=pinger.ready, count=count)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await pinger.all_done()
    return record


async def until(look: Callable[[], object]) -> None:
    """Let the loop run until `look` gives something true."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not look():  # noqa: ASYNC110  # nobody tells of a packet that another host got
            await asyncio.sleep(0.005)

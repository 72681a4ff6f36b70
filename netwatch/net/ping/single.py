"""One packet to one target, on demand, through the engine that pings for the checks.

Such a target belongs to no check: what settles for it is taken out of the engine's batches before
these go on.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from netwatch.model import Batch, Outcome, Target
from netwatch.net.ping.engine import Pinger, PingOptions

FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.001, 0.05
"""How often the engine is asked to read its sockets; by itself it is in no hurry."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of one packet: seconds of the round trip if it came back, else NaN.

    `hop_limit` is that of the reply, 0 where unknown.
    """

    outcome: Outcome
    duration: float
    hop_limit: int
    detail: str


class SinglePings:
    """Stands between the engine and whoever takes its batches."""

    def __init__(self, deliver: Callable[[Batch], None]) -> None:
        """`deliver` gets all that is not awaited here."""
        self._deliver = deliver
        self._awaited: dict[Target, asyncio.Future[Reply]] = {}

    def take(self, batch: Batch) -> None:
        """Take out what is awaited, and hand on the rest."""
        if self._awaited:
            batch = self._without_awaited(batch)
        if batch:
            self._deliver(batch)

    async def ping(self, pinger: Pinger, target: Target, options: PingOptions) -> Reply:
        """Send one packet now and return what became of it, at the latest after its timeout.

        `pinger` must deliver to `take`. Cancelling forgets the packet.
        """
        reply = asyncio.get_running_loop().create_future()
        self._awaited[target] = reply
        pinger.add(target, options, first=max(time.monotonic(), pinger.ready), count=1)
        try:
            return await self._wait(pinger, reply)
        finally:
            del self._awaited[target]
            pinger.remove(target)

    @staticmethod
    async def _wait(pinger: Pinger, reply: "asyncio.Future[Reply]") -> Reply:
        wait_seconds = FIRST_LOOK_SECONDS
        while not reply.done():
            await asyncio.wait([reply], timeout=wait_seconds)
            wait_seconds = min(2 * wait_seconds, LONGEST_LOOK_SECONDS)
            pinger.look()
        return reply.result()

    def _without_awaited(self, batch: Batch) -> Batch:
        rest = Batch(oddities=[odd for odd in batch.oddities if odd[0] not in self._awaited])
        for row, target in enumerate(batch.targets):
            duration, outcome = batch.durations[row], batch.outcomes[row]
            hop_limit, detail = batch.hop_limits[row], batch.details.get(row, "")
            reply = self._awaited.get(target)
            if reply is None:
                rest.add(
                    target,
                    batch.started[row],
                    outcome,
                    duration=duration,
                    hop_limit=hop_limit,
                    detail=detail,
                    accepted=batch.accepted[row],
                )
            elif not reply.done():
                reply.set_result(Reply(outcome, duration, hop_limit, detail))
        return rest

"""Serves many lines as the agent does, and tells for how long its event loop stood still.

python -m bench.render_server LINES
"""

import asyncio
import sys
import time
from contextlib import nullcontext
from typing import NoReturn

from aiohttp import web
from prometheus_client import CollectorRegistry

from bench.series import as_table, records
from netwatch.exposition.store import Store
from netwatch.rendering import Renderer
from netwatch.web.metrics import MetricsHandler

TICK_SECONDS = 0.001


class Ticker:
    """Wants to run every millisecond, and keeps how long it had to wait.

    The machine makes it wait, too, so it also keeps what others used of the CPU in its place.
    """

    def __init__(self) -> None:
        self.worst_seconds = self.worst_cpu_seconds = 0.0

    async def run(self) -> NoReturn:
        while True:
            before, used = time.perf_counter(), time.thread_time()
            await asyncio.sleep(TICK_SECONDS)
            late = time.perf_counter() - before - TICK_SECONDS
            self.worst_seconds = max(self.worst_seconds, late)
            self.worst_cpu_seconds = max(self.worst_cpu_seconds, time.thread_time() - used)

    async def handle(self, _: web.Request) -> web.Response:
        """Tell both in seconds, as they are since they were told last."""
        worst = [self.worst_seconds, self.worst_cpu_seconds]
        self.worst_seconds = self.worst_cpu_seconds = 0.0
        return web.json_response(worst)


async def serve(lines: int) -> None:
    """Print the port, and serve until killed."""
    store, ticker = Store(CollectorRegistry()), Ticker()
    store.add(as_table(records(lines)))
    app = web.Application()
    app.router.add_get("/metrics", MetricsHandler(store, Renderer(nullcontext)).handle)
    app.router.add_get("/worst", ticker.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    async with asyncio.TaskGroup() as group:
        group.create_task(ticker.run(), name="ticker")


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))

"""Asks a blackbox_exporter for a ping of each target once a second, as Prometheus would.

python -m bench.scraper FILE_OF_TARGETS
"""

import asyncio
import contextlib
import resource
import sys
from pathlib import Path
from typing import NoReturn

import aiohttp

URL = "http://127.0.0.1:9115/probe"


async def scrape(session: aiohttp.ClientSession, target: str, first_seconds: float) -> NoReturn:
    """Ask from `first_seconds` on, whatever the answers are."""
    loop = asyncio.get_running_loop()
    due = loop.time() + first_seconds
    while True:
        await asyncio.sleep(due - loop.time())
        due = max(due + 1.0, loop.time())
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(URL, params={"module": "icmp", "target": target}) as answer:
                await answer.read()


async def scrape_all(targets: list[str]) -> None:
    """Keep a connection for each target, and spread the targets over the second."""
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        asyncio.TaskGroup() as group,
    ):
        for number, target in enumerate(targets):
            group.create_task(scrape(session, target, number / len(targets)), name=target)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(scrape_all(Path(sys.argv[1]).read_text().split()))

"""Asks a blackbox_exporter to probe each target once a second, as Prometheus would.

python -m bench.scraper PORT MODULE FILE_OF_TARGETS
"""

import asyncio
import contextlib
import resource
import sys
from pathlib import Path
from typing import NoReturn

import aiohttp


async def scrape(
    session: aiohttp.ClientSession, url: str, query: dict[str, str], first_seconds: float
) -> NoReturn:
    """Ask from `first_seconds` on, whatever the answers are."""
    loop = asyncio.get_running_loop()
    due = loop.time() + first_seconds
    while True:
        await asyncio.sleep(due - loop.time())
        due = max(due + 1.0, loop.time())
        with contextlib.suppress(aiohttp.ClientError):
            async with session.get(url, params=query) as answer:
                await answer.read()


async def scrape_all(port: str, module: str, targets: list[str]) -> None:
    """Keep a connection for each target, and spread the targets over the second."""
    url = f"http://127.0.0.1:{port}/probe"
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        asyncio.TaskGroup() as group,
    ):
        for number, target in enumerate(targets):
            query = {"module": module, "target": target}
            scraping = scrape(session, url, query, number / len(targets))
            group.create_task(scraping, name=f"{number} {target}")


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(scrape_all(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_text().split()))

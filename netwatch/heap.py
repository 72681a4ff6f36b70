"""Keeps the garbage collector off what stays: to look through all of it stops the event loop.

With 5,000 targets a full collection takes 70 ms, and every tenth scrape would bring one on. What
has been there for a while nearly always stays, so the collector is told to pass over it. Once an
hour it looks at everything, for cycles among what has left since.
"""

import asyncio
import gc
from typing import NoReturn

SETTLED_SECONDS = 30.0
"""After the start: modules are imported by then, and targets are found."""
AGAIN_SECONDS = 3600.0


async def spare_what_stays() -> NoReturn:
    """Pass over what is there, again and again, until cancelled."""
    wait_seconds = SETTLED_SECONDS
    while True:
        await asyncio.sleep(wait_seconds)
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        wait_seconds = AGAIN_SECONDS

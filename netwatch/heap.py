"""Keeps the garbage collector off what stays: to look through all of it stops the event loop.

With 5,000 targets a full collection takes 70 ms, and every tenth scrape would bring one on. What
has been there for a while nearly always stays, so the collector is told to pass over it. While the
first targets are found it would look through all of them again and again, so full collections wait
until that is over. Once an hour it looks at everything, for cycles among what has left since.
"""

import asyncio
import gc
import linecache
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

SETTLED_SECONDS = 30.0
"""After the start: modules are imported by then, and targets are found."""
AGAIN_SECONDS = 3600.0

YOUNG = 1
"""The oldest generation but one: what came lately."""
NEVER = 2**31 - 1
"""Collections of the younger generations before a full one."""


async def spare_what_stays() -> NoReturn:
    """Pass over what is there, again and again, until cancelled."""
    linecache.clearcache()
    gc.collect()  # nothing is measured yet
    gc.freeze()
    with _without_full_collections():
        await asyncio.sleep(SETTLED_SECONDS)
    gc.collect(YOUNG)
    gc.freeze()
    while True:
        await asyncio.sleep(AGAIN_SECONDS)
        gc.unfreeze()
        gc.collect()
        gc.freeze()


@contextmanager
def _without_full_collections() -> Iterator[None]:
    often = gc.get_threshold()
    gc.set_threshold(*often[:2], NEVER)
    try:
        yield
    finally:
        gc.set_threshold(*often)

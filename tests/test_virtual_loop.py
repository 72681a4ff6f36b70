import asyncio
import time

import pytest


@pytest.mark.virtual_time
async def test_an_hour_passes_at_once() -> None:
    loop = asyncio.get_running_loop()
    before, real_before = loop.time(), time.monotonic()
    await asyncio.sleep(3600)
    assert loop.time() - before >= 3600
    assert time.monotonic() - real_before < 60

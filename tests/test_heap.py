import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from netwatch.heap import AGAIN_SECONDS, SETTLED_SECONDS, spare_what_stays

pytestmark = pytest.mark.virtual_time


class Cycle:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


async def test_what_is_there_when_all_has_settled_is_passed_over_from_then_on() -> None:
    async with asyncio.TaskGroup() as group:
        sparing = group.create_task(spare_what_stays(), name="heap")
        await asyncio.sleep(SETTLED_SECONDS - 1)
        assert gc.get_freeze_count() == 0
        await asyncio.sleep(2)
        assert gc.get_freeze_count() > 1000
        sparing.cancel()


async def test_what_left_since_is_found_within_the_hour() -> None:
    cycle = Cycle()
    is_there = weakref.ref(cycle)
    async with asyncio.TaskGroup() as group:
        sparing = group.create_task(spare_what_stays(), name="heap")
        await asyncio.sleep(SETTLED_SECONDS + 1)
        del cycle
        gc.collect()
        assert is_there()  # it was passed over
        await asyncio.sleep(AGAIN_SECONDS)
        assert not is_there()
        sparing.cancel()

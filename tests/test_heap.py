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


async def test_what_is_there_at_the_start_is_passed_over_and_when_all_has_settled_the_rest() -> (
    None
):
    async with asyncio.TaskGroup() as group:
        sparing = group.create_task(spare_what_stays(), name="heap")
        await asyncio.sleep(SETTLED_SECONDS - 1)
        at_first = gc.get_freeze_count()
        assert at_first > 1000
        came_since = [[index] for index in range(1000)]
        await asyncio.sleep(2)
        assert gc.get_freeze_count() > at_first + len(came_since) / 2
        sparing.cancel()


async def test_there_is_no_full_collection_while_the_first_targets_are_found() -> None:
    often = gc.get_threshold()
    async with asyncio.TaskGroup() as group:
        sparing = group.create_task(spare_what_stays(), name="heap")
        await asyncio.sleep(1)
        full = gc.get_stats()[2]["collections"]
        came = [[index] for index in range(300_000)]
        assert gc.get_stats()[2]["collections"] == full
        await asyncio.sleep(SETTLED_SECONDS)
        assert gc.get_threshold() == often
        assert len(came) == 300_000
        sparing.cancel()


async def test_an_agent_that_ends_early_leaves_the_collector_as_it_was() -> None:
    often = gc.get_threshold()
    async with asyncio.TaskGroup() as group:
        sparing = group.create_task(spare_what_stays(), name="heap")
        await asyncio.sleep(1)
        sparing.cancel()
    assert gc.get_threshold() == often


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

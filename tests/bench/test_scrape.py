import asyncio
import time

from bench.scrape import StepMeter


async def test_the_longest_step_of_others_is_measured_by_its_cpu() -> None:
    meter = StepMeter()
    async with asyncio.TaskGroup() as group:
        metering = group.create_task(meter.run(), name="meter")
        await asyncio.sleep(0)
        end = time.thread_time() + 0.02
        while time.thread_time() < end:
            pass
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        metering.cancel()
    assert meter.worst_seconds >= 0.02

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from netwatch.attempt import Attempt
from netwatch.model import Outcome, Result, Target
from netwatch.prober import AttemptPlan, Note, Prober
from tests.nouns import a_check, a_target

pytestmark = pytest.mark.virtual_time


class Sleeps:
    """Takes as long as it is told, and writes down when it was asked for whom."""

    def __init__(self, seconds: float = 0.0, error: Exception | None = None) -> None:
        self.seconds = seconds
        self.error = error
        self.begun: list[tuple[str, float]] = []
        self.under_way = self.most = 0

    async def measure(self, attempt: Attempt) -> None:
        self.begun.append((attempt.endpoint.name, now()))
        attempt.note("begun")
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.seconds)
        finally:
            self.under_way -= 1
        if self.error:
            raise self.error

    @property
    def times(self) -> list[float]:
        return [time for _, time in self.begun]


def now() -> float:
    return asyncio.get_running_loop().time()


class Day:
    """A prober at work, and what it delivered."""

    def __init__(self, concurrency: int, watch: Callable[[Target], Note]) -> None:
        self.results: list[Result] = []
        self.prober = Prober(self.results.append, now, concurrency=concurrency, watch=watch)

    def add(
        self,
        probe: Sleeps,
        name: str = "wiki",
        *,
        interval: float = 10.0,
        timeout: float = 5.0,
        first: float | None = None,
        count: int | None = None,
        expects_failure: bool = False,
    ) -> Target:
        target = a_target(name, check=a_check("web"))
        plan = AttemptPlan(
            probe=probe, interval=interval, timeout=timeout, expects_failure=expects_failure
        )
        self.prober.add(target, plan, first=first, count=count)
        return target

    @property
    def outcomes(self) -> list[Outcome]:
        return [result.outcome for result in self.results]


@asynccontextmanager
async def a_day(
    *, concurrency: int = 100, watch: Callable[[Target], Note] = lambda _: print
) -> AsyncIterator[Day]:
    day = Day(concurrency, watch)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(day.prober.run(), name="prober")
        yield day
        task.cancel()


# Beats


async def test_a_target_is_probed_on_its_beat_without_drift() -> None:
    probe = Sleeps(0.7)
    async with a_day() as day:
        start = now()
        day.add(probe, first=start + 3)
        await asyncio.sleep(45)
    assert probe.times == pytest.approx([start + beat for beat in (3, 13, 23, 33, 43)])
    assert day.outcomes == [Outcome.OK] * 5
    assert [result.duration is not None for result in day.results] == [True] * 5


async def test_without_a_first_time_a_target_has_its_place_by_its_name() -> None:
    probe = Sleeps()
    async with a_day() as day:
        for name in ("a", "b", "c", "a"):
            day.add(probe, name)
        await asyncio.sleep(10)
    places: dict[str, set[float]] = {}
    for name, time in probe.begun:
        places.setdefault(name, set()).add(round(time % 10, 6))
    assert {name: len(found) for name, found in places.items()} == {"a": 1, "b": 1, "c": 1}
    assert len(set.union(*places.values())) == 3


async def test_a_target_can_be_added_while_all_others_sleep_long() -> None:
    slow, fast = Sleeps(), Sleeps()
    async with a_day() as day:
        day.add(slow, "slow", interval=3600, first=now() + 3600)
        await asyncio.sleep(10)
        day.add(fast, "fast", first=now() + 1)
        await asyncio.sleep(2)
    assert (len(slow.begun), len(fast.begun)) == (0, 1)


async def test_a_beat_is_skipped_while_the_attempt_before_is_under_way() -> None:
    probe = Sleeps(25)
    async with a_day() as day:
        start = now()
        day.add(probe, first=start, timeout=100)
        await asyncio.sleep(58)
    assert probe.most == 1
    assert probe.times == pytest.approx([start, start + 30])
    assert day.outcomes == [Outcome.OK] * 2


async def test_whoever_hangs_holds_up_no_other() -> None:
    hangs, well = Sleeps(1000), Sleeps()
    async with a_day() as day:
        day.add(hangs, "hangs", first=now())
        day.add(well, "well", first=now())
        await asyncio.sleep(14)
    assert len(well.begun) == 2
    assert [(r.target.endpoint.name, r.outcome) for r in day.results] == [
        ("well", Outcome.OK),
        ("hangs", Outcome.TIMEOUT),
        ("well", Outcome.OK),
    ]


# Slots


async def test_a_slot_that_comes_late_is_our_lag_and_not_the_time_of_the_target() -> None:
    probe = Sleeps(4)
    async with a_day(concurrency=2) as day:
        start = now()
        for name in ("a", "b", "c", "d", "e"):
            day.add(probe, name, first=start, timeout=4.5, count=1)
        await day.prober.all_done()
        lag = day.prober.lag.at(now())
    assert probe.most == 2
    assert [time - start for time in probe.times] == pytest.approx([0, 0, 4, 4, 8])
    assert day.outcomes == [Outcome.OK] * 5
    assert lag == pytest.approx(8)


async def test_attempts_in_time_are_no_lag() -> None:
    async with a_day() as day:
        day.add(Sleeps(1), first=now() + 1, count=3)
        await day.prober.all_done()
        assert day.prober.lag.at(now()) == pytest.approx(0, abs=1e-6)


# Who leaves


async def test_who_leaves_is_cancelled_and_nothing_more_is_told_of_it() -> None:
    probe = Sleeps(3)
    async with a_day() as day:
        target = day.add(probe, first=now())
        await asyncio.sleep(1)
        assert probe.under_way == 1
        day.prober.remove(target)
        await asyncio.sleep(0)
        assert probe.under_way == 0
        await asyncio.sleep(100)
    assert (len(probe.begun), day.results) == (1, [])


async def test_who_leaves_while_it_waits_for_a_slot_is_never_probed() -> None:
    busy, probe = Sleeps(3), Sleeps()
    async with a_day(concurrency=1) as day:
        day.add(busy, "busy", first=now(), count=1)
        target = day.add(probe, first=now())
        await asyncio.sleep(1)
        day.prober.remove(target)
        await asyncio.sleep(5)
        day.add(probe, "next", first=now(), count=1)  # the slot is free again
        await day.prober.all_done()
    assert [name for name, _ in probe.begun] == ["next"]


class Stubborn(Sleeps):
    """Goes on when it is cancelled, as a bug in a library may."""

    async def measure(self, attempt: Attempt) -> None:
        try:
            await super().measure(attempt)
        except asyncio.CancelledError:
            await asyncio.sleep(0)


async def test_a_probe_that_does_not_mind_its_cancelling_delivers_nothing() -> None:
    async with a_day() as day:
        target = day.add(Stubborn(3), first=now())
        await asyncio.sleep(1)
        day.prober.remove(target)
        await asyncio.sleep(5)
    assert day.results == []


async def test_the_end_of_the_prober_is_the_end_of_all_attempts() -> None:
    probe = Sleeps(1000)
    async with a_day() as day:
        day.add(probe, first=now(), timeout=1000)
        await asyncio.sleep(1)
        assert probe.under_way == 1
    assert probe.under_way == 0


# Counts


async def test_a_counted_target_has_so_many_attempts_and_then_all_is_done() -> None:
    probe = Sleeps(0.5)
    async with a_day() as day:
        start = now()
        day.add(probe, first=start, interval=1, count=3)
        day.add(probe, "other", first=start, interval=1, count=1)
        await day.prober.all_done()
        assert now() - start == pytest.approx(2.5)
        await asyncio.sleep(10)
    assert len(day.results) == 4


async def test_nothing_to_do_is_all_done() -> None:
    async with a_day() as day:
        await day.prober.all_done()


async def test_all_is_done_when_the_last_one_that_was_not_leaves() -> None:
    async with a_day() as day:
        target = day.add(Sleeps(), first=now() + 1000, count=1)
        await asyncio.sleep(0)
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(day.prober.all_done(), name="waiting")
            await asyncio.sleep(1)
            assert not waiting.done()
            day.prober.remove(target)


# What an attempt is


async def test_where_failure_is_expected_the_plan_says_so() -> None:
    async with a_day() as day:
        day.add(Sleeps(1000), first=now(), count=1, expects_failure=True)
        await day.prober.all_done()
    assert day.outcomes == [Outcome.OK]


async def test_a_bug_of_a_probe_ends_nothing_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    buggy, well = Sleeps(error=ZeroDivisionError("by 0")), Sleeps()
    async with a_day() as day:
        day.add(buggy, "buggy", first=now(), count=3)
        day.add(well, "well", first=now(), count=3)
        await day.prober.all_done()
    assert sorted(day.outcomes) == [Outcome.LOCAL] * 3 + [Outcome.OK] * 3
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "Traceback" in caplog.text


async def test_who_watches_is_told_each_step_of_each_attempt() -> None:
    told: list[str] = []

    def watch(target: Target) -> Note:
        told.append(f"{target.endpoint.name} begins")
        return lambda words: told.append(f"{target.endpoint.name} {words}")

    async with a_day(watch=watch) as day:
        day.add(Sleeps(), first=now(), count=2)
        await day.prober.all_done()
    assert told == ["wiki begins", "wiki begun"] * 2


class Counts:
    """Writes down how often it has measured the same target."""

    class Seen(list[float]):
        pass

    async def measure(self, attempt: Attempt) -> None:
        seen = attempt.memory.recall(self.Seen)
        seen.append(now())
        attempt.values["seen"] = float(len(seen))


async def test_what_a_probe_remembers_is_of_one_target_and_gone_with_it() -> None:
    results: list[Result] = []
    prober = Prober(results.append, now)
    plan = AttemptPlan(probe=Counts(), interval=10, timeout=5)
    check = a_check("web", probe="knock")
    first, second = a_target("a", check=check), a_target("b", check=check)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(prober.run(), name="prober")
        prober.add(first, plan, first=now(), count=2)
        prober.add(second, plan, first=now(), count=1)
        await prober.all_done()
        prober.remove(first)
        prober.add(first, plan, first=now(), count=1)
        await prober.all_done()
        running.cancel()
    seen = [(result.target.endpoint.name, result.values["seen"]) for result in results]
    assert sorted(seen) == [("a", 1), ("a", 1), ("a", 2), ("b", 1)]

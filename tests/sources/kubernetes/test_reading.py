from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.endpoint import Endpoint
from netwatch.sources.kubernetes.reading import Reading, Readings


@dataclass(frozen=True, eq=False)
class Thing:
    """An object of some API; `words` are the names of its endpoints."""

    words: str
    until: float | None = None


@pytest.fixture
def asked() -> list[Thing]:
    """What had to be read, in order."""
    return []


@pytest.fixture
def readings(asked: list[Thing]) -> Readings[Thing]:
    def read(thing: Thing, now: float) -> Reading:
        asked.append(thing)
        is_young = thing.until is not None and now < thing.until
        names = [f"young {word}" if is_young else word for word in thing.words.split()]
        endpoints = tuple(Endpoint(name=name, host="10.0.0.1") for name in names)
        return Reading(endpoints, thing.until if is_young else None)

    return Readings(read)


async def names(readings: Readings[Thing], now: float = 0, **things: Thing) -> list[str]:
    return [endpoint.name for endpoint in await readings.snapshot([things], now)]


async def test_all_objects_of_all_queries_are_in_the_snapshot(readings: Readings[Thing]) -> None:
    snapshot = await readings.snapshot([{"1": Thing("a b")}, {"2": Thing("c")}], 0)
    assert [endpoint.name for endpoint in snapshot] == ["a", "b", "c"]


async def test_only_what_changed_is_read_again(
    readings: Readings[Thing], asked: list[Thing]
) -> None:
    same, before, after = Thing("same"), Thing("before"), Thing("after")
    assert await names(readings, one=same, two=before) == ["same", "before"]
    asked.clear()
    assert await names(readings, one=same, two=after) == ["same", "after"]
    assert asked == [after]
    assert await names(readings, one=same) == ["same"]
    assert asked == [after]


async def test_a_change_that_is_none_for_us_gives_the_very_same_snapshot(
    readings: Readings[Thing],
) -> None:
    before = await readings.snapshot([{"1": Thing("a"), "2": Thing("b")}], 0)
    after = await readings.snapshot([{"1": Thing("a"), "2": Thing("b")}], 0)
    assert after is before


async def test_what_is_known_for_a_time_is_read_again_then(
    readings: Readings[Thing], asked: list[Thing]
) -> None:
    things = {"one": Thing("a", until=10), "two": Thing("b", until=20), "three": Thing("c")}
    assert await names(readings, 0, **things) == ["young a", "young b", "c"]
    assert readings.until == 10
    asked.clear()
    assert await names(readings, 10, **things) == ["a", "young b", "c"]
    assert asked == [things["one"]]
    assert readings.until == 20
    assert await names(readings, 20, **things) == ["a", "b", "c"]
    assert readings.until is None


async def test_one_endpoint_of_two_objects_is_one(readings: Readings[Thing]) -> None:
    assert await names(readings, one=Thing("a b"), two=Thing("b")) == ["a", "b"]


@given(st.lists(st.dictionaries(st.sampled_from("xyz"), st.sampled_from(["", "a", "b c"]))))
async def test_a_history_does_not_matter(history: list[dict[str, str]]) -> None:
    def read(words: str, now: float) -> Reading:
        del now
        return Reading(tuple(Endpoint(name=word, host="h") for word in words.split()))

    long: Readings[str] = Readings(read)
    for known in history:
        fresh: Readings[str] = Readings(read)
        assert set(await long.snapshot([known], 0)) == set(await fresh.snapshot([known], 0))

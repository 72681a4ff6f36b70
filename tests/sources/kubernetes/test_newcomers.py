from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.endpoint import Endpoint, Life
from netwatch.sources.kubernetes.newcomers import Newcomers
from netwatch.sources.kubernetes.reading import Reading, Readings

GRACE = 120.0


def read(state: Life, now: float) -> Reading:
    del now
    return Reading((Endpoint(name="one", host="10.1.0.7", state=state),))


def by_name(found: Mapping[str, Life], now: float) -> Reading:
    del now
    endpoints = (Endpoint(name=name, host="h", state=state) for name, state in found.items())
    return Reading(tuple(endpoints))


class Watch:
    """What an agent sees of the endpoints of one slice."""

    def __init__(self, grace: float = GRACE) -> None:
        self.reader: Newcomers[Mapping[str, Life]] = Newcomers(Readings(by_name), grace)

    async def see(self, now: float, **found: Life) -> dict[str, Life]:
        snapshot = await self.reader.snapshot([{"slice": found}], now)
        return {endpoint.name: endpoint.state for endpoint in snapshot}


async def test_whoever_is_there_at_the_start_has_no_grace() -> None:
    watch = Watch()
    assert await watch.see(1000, old="not_ready") == {"old": "not_ready"}
    assert watch.reader.until is None


@pytest.mark.parametrize("state", ["not_ready", "ready"])
async def test_whoever_comes_later_joins_for_the_time_of_grace(state: Life) -> None:
    watch = Watch()
    await watch.see(1000, old="ready")
    assert await watch.see(1060, old="ready", new=state) == {"old": "ready", "new": "joining"}
    assert watch.reader.until == 1060 + GRACE
    assert await watch.see(1060 + GRACE - 1, old="ready", new=state) == {
        "old": "ready",
        "new": "joining",
    }
    assert await watch.see(1060 + GRACE, old="ready", new=state) == {"old": "ready", "new": state}
    assert watch.reader.until is None


async def test_each_newcomer_has_its_own_time() -> None:
    watch = Watch()
    await watch.see(1000)
    await watch.see(1010, a="not_ready")
    await watch.see(1020, a="not_ready", b="not_ready")
    assert watch.reader.until == 1010 + GRACE
    seen = await watch.see(1010 + GRACE, a="not_ready", b="not_ready")
    assert seen == {"a": "not_ready", "b": "joining"}
    assert watch.reader.until == 1020 + GRACE


async def test_whoever_comes_back_is_new_again() -> None:
    watch = Watch()
    await watch.see(1000, one="ready")
    await watch.see(2000)
    assert await watch.see(2001, one="not_ready") == {"one": "joining"}


async def test_whoever_is_leaving_does_not_join() -> None:
    watch = Watch()
    await watch.see(1000)
    assert await watch.see(1001, new="leaving") == {"new": "leaving"}
    assert watch.reader.until is None


async def test_without_a_grace_nobody_joins() -> None:
    watch = Watch(grace=0)
    await watch.see(1000)
    assert await watch.see(1001, new="not_ready") == {"new": "not_ready"}


async def test_where_nobody_joins_the_snapshot_is_the_very_same() -> None:
    readings: Readings[Life] = Readings(read)
    newcomers = Newcomers(readings, GRACE)
    known: list[Mapping[str, Life]] = [{"uid": "ready"}]
    assert await newcomers.snapshot(known, 0) is await newcomers.snapshot(known, 1)


async def test_what_is_to_be_read_again_earlier_is() -> None:
    def young(found: Life, now: float) -> Reading:
        return Reading(read(found, now).endpoints, until=1005)

    newcomers = Newcomers(Readings(young), GRACE)
    await newcomers.snapshot([{}], 1000)
    await newcomers.snapshot([{"uid": "ready"}], 1001)
    assert newcomers.until == 1005


@given(st.lists(st.tuples(st.floats(0, 1e6), st.sets(st.sampled_from("abc"))), min_size=1))
async def test_whatever_the_clock_does_a_grace_ends_soon(
    history: list[tuple[float, set[str]]],
) -> None:
    watch = Watch()
    not_ready: Life = "not_ready"
    for now, names in history:
        await watch.see(now, **dict.fromkeys(names, not_ready))
        assert watch.reader.until is None or now < watch.reader.until < now + 2 * GRACE + 1

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from netwatch.check import SOURCE_FAMILIES
from netwatch.checks import Checks
from netwatch.config import CheckConfig, load
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.table import Table
from netwatch.exposition.text import render
from netwatch.known import KnownAddresses
from netwatch.model import Batch, Check, Result, Sink, Target, Transition
from netwatch.net.ping.engine import Pinger
from netwatch.net.resolver import Answer
from netwatch.probe import Engines, Services
from netwatch.prober import Prober
from netwatch.sampling import PEERS_FAMILIES
from netwatch.tracking import Tracker
from tests.kubernetes.keepingup import without_cluster

pytestmark = pytest.mark.virtual_time

A = "source: {static: [10.0.0.1, 10.0.0.2]}"
B = "source: {static: [wiki.example]}"


def checks_of(**sources: str) -> dict[str, CheckConfig]:
    entries = [f"  {name}: {{{source}, probe: {{icmp: }}}}\n" for name, source in sources.items()]
    return load("checks:\n" + "".join(entries), "f.yaml", {}).checks


class Diary(Sink):
    """A sink that writes down who came and went."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def begin(self, check: Check) -> None:
        self.entries.append(f"{check.name} begins")

    def end(self, check: Check) -> None:
        self.entries.append(f"{check.name} ends")

    def join(self, target: Target) -> None:
        self.entries.append(f"{target.check.name} {target.endpoint.address} joins")

    def change(self, target: Target) -> None:
        self.entries.append(f"{target.check.name} {target.endpoint.address} changes")

    def leave(self, target: Target) -> None:
        self.entries.append(f"{target.check.name} {target.endpoint.address} leaves")

    def take(self, batch: Batch) -> None:
        raise AssertionError(f"nothing is pinged here, but {batch}")

    def observe(self, result: Result) -> None:
        raise AssertionError(f"nothing is probed here, but {result}")

    def note(self, transition: Transition) -> None:
        raise AssertionError(f"nothing is pinged here, but {transition}")

    def since(self, length: int) -> list[str]:
        return sorted(self.entries[length:])


class House:
    """Checks at work, but for the pinger, which does not run."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        self.diary = Diary()
        self.sources = Table(SOURCE_FAMILIES)
        self.pinger = Pinger(lambda _: None)
        self.checks = Checks(
            group,
            engines=Engines(self.pinger, Prober(lambda _: None), Services(_resolve)),
            cluster=without_cluster().cluster,
            tracker=Tracker([self.diary]),
            sources=self.sources,
            peers=Table(PEERS_FAMILIES),
            known=KnownAddresses(),
        )

    async def apply(self, wanted: dict[str, CheckConfig]) -> tuple[str, list[str]]:
        """Return what the checks say of it, and what came of it."""
        length = len(self.diary.entries)
        said = await self.checks.apply(wanted)
        await asyncio.sleep(10)
        return said, self.diary.since(length)


async def _resolve(_: str) -> Answer:
    return Answer(("10.0.0.9",), (), 60)


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    async with asyncio.TaskGroup() as group:
        found = House(group)
        with found.pinger:
            yield found
            await found.checks.apply({})


async def test_new_checks_begin_and_follow_the_targets_of_their_sources() -> None:
    async with house() as here:
        said, happened = await here.apply(checks_of(a=A, b=B))
        assert said == "new: a, b"
        assert happened == [
            "a 10.0.0.1 joins",
            "a 10.0.0.2 joins",
            "a begins",
            "b 10.0.0.9 joins",
            "b begins",
        ]
        assert len(here.checks) == 2


async def test_what_did_not_change_goes_on_undisturbed() -> None:
    async with house() as here:
        await here.apply(checks_of(a=A, b=B))
        assert await here.apply(checks_of(b=B, a=A)) == ("", [])


async def test_a_changed_check_restarts_alone() -> None:
    async with house() as here:
        await here.apply(checks_of(a=A, b=B))
        said, happened = await here.apply(checks_of(a="source: {static: [10.0.0.3]}", b=B))
        assert said == "changed: a"
        assert happened == [
            "a 10.0.0.1 leaves",
            "a 10.0.0.2 leaves",
            "a 10.0.0.3 joins",
            "a begins",
            "a ends",
        ]


async def test_the_old_targets_have_left_before_a_changed_check_begins_anew() -> None:
    async with house() as here:
        await here.apply(checks_of(a=A))
        await here.apply(checks_of(a=f"{A}, labels: {{team: net}}"))
        *_, end, begin, _first, _second = here.diary.entries
        assert (end, begin) == ("a ends", "a begins")


async def test_a_check_that_is_gone_takes_its_targets_with_it() -> None:
    async with house() as here:
        await here.apply(checks_of(a=A, b=B))
        said, happened = await here.apply(checks_of(a=A))
        assert (said, happened) == ("gone: b", ["b 10.0.0.9 leaves", "b ends"])
        assert len(here.checks) == 1
        text = b"".join(render([here.sources], Dialect.TEXT)).decode()
        assert 'check="a"' in text
        assert 'check="b"' not in text


async def test_all_kinds_of_change_are_told_at_once() -> None:
    async with house() as here:
        await here.apply(checks_of(a=A, b=B, c=A))
        said, _ = await here.apply(checks_of(b=A, c=A, d=B))
        assert said == "new: d; changed: b; gone: a"


async def test_a_check_that_is_stopped_before_it_could_begin_leaves_nothing() -> None:
    async with house() as here:
        await here.checks.apply(checks_of(a=A))
        await here.checks.apply({})
        assert here.diary.entries == []


async def test_a_source_that_fails_is_logged_with_its_check(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text("[10.0.0.1]")
    async with house() as here:
        await here.apply(checks_of(a=f"source: {{file: {{path: {path}}}}}"))
        path.unlink()
        await asyncio.sleep(10)
        assert here.diary.entries == ["a begins", "a 10.0.0.1 joins"]
    expected = f"a: {path}: No such file or directory; the targets stay as they were"
    assert caplog.record_tuples == [("netwatch.checks", logging.ERROR, expected)]


async def test_a_node_that_is_called_otherwise_chooses_its_peers_anew() -> None:
    async with house() as here:
        await here.checks.apply(checks_of(a=A), "kube-1")
        assert await here.checks.apply(checks_of(a=A), "kube-1") == ""
        assert await here.checks.apply(checks_of(a=A), "kube-2") == "changed: a"

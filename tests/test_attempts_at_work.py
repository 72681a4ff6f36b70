"""A check whose probe makes attempts, as the agent runs it: from its options to its series."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from netwatch.check import SOURCE_FAMILIES
from netwatch.checks import Checks
from netwatch.config import CheckConfig
from netwatch.exposition.dialect import Dialect
from netwatch.exposition.store import Store
from netwatch.exposition.table import Table
from netwatch.known import KnownAddresses
from netwatch.net.ping.engine import Pinger
from netwatch.net.resolver import Answer
from netwatch.options import Choice
from netwatch.probe import Engines, ProbeOptions, Services
from netwatch.prober import Prober
from netwatch.sampling import PEERS_FAMILIES
from netwatch.sinks.prometheus import PrometheusSink
from netwatch.source import SourceOptions
from netwatch.sources.static import StaticOptions
from netwatch.tracking import Tracker
from tests.knocking import PROBES_WITH_KNOCK, KnockOptions, a_door, nobody
from tests.kubernetes.keepingup import without_cluster
from tests.programs import DEADLINE_SECONDS, Scrape

SUCCESSES, FAILURES = "netwatch_probe_successes_total", "netwatch_probe_failures_total"


async def resolve(_: str) -> Answer:
    return Answer(("127.0.0.1",), (), 60)


def knocking(*targets: dict[str, object], **options: object) -> dict[str, CheckConfig]:
    """Return a configuration with the one check `web`."""
    source: SourceOptions = StaticOptions.model_validate(list(targets))
    probe: ProbeOptions = KnockOptions.model_validate({"interval": "20ms"} | options)
    check = CheckConfig.model_construct(
        source=Choice("static", source), probe=Choice("knock", probe)
    )
    return {"web": check}


class House:
    """The part of the agent that measures and counts."""

    def __init__(self, group: asyncio.TaskGroup) -> None:
        sink = PrometheusSink(PROBES_WITH_KNOCK)
        tracker = Tracker([sink])
        self.prober = Prober(tracker.observe)
        self.checks = Checks(
            group,
            engines=Engines(Pinger(lambda _: None), self.prober, Services(resolve)),
            cluster=without_cluster().cluster,
            tracker=tracker,
            sources=Table(SOURCE_FAMILIES),
            peers=Table(PEERS_FAMILIES),
            known=KnownAddresses(),
        )
        self._store = Store(CollectorRegistry())
        for table in sink.tables:
            self._store.add(table)

    def scrape(self) -> Scrape:
        return Scrape(b"".join(self._store.render(Dialect.TEXT)).decode())

    async def eventually(self, look: Callable[[Scrape], bool]) -> Scrape:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not look(found := self.scrape()):  # noqa: ASYNC110  # series are no events
                await asyncio.sleep(0.01)
        return found


def names_of_tasks() -> set[str]:
    return {task.get_name() for task in asyncio.all_tasks()}


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    async with asyncio.TaskGroup() as group:
        found = House(group)
        probing = group.create_task(found.prober.run(), name="prober")
        yield found
        await found.checks.apply({})
        probing.cancel()


async def test_targets_of_a_check_are_probed_counted_and_judged() -> None:
    with a_door(b"hello\n") as port:
        well: dict[str, object] = {"name": "well", "host": "127.0.0.1", "port": port, "zone": "a"}
        silent: dict[str, object] = {"name": "silent", "host": "named.example", "port": nobody()}
        async with house() as here:
            await here.checks.apply(knocking(well, silent))
            scrape = await here.eventually(
                lambda s: (
                    s.value(SUCCESSES, target="well") > 2
                    and s.value("netwatch_target_state", target="silent", state="down") == 1
                )
            )
            assert scrape.value("netwatch_target_up", target="well", zone="a") == 1
            assert scrape.value(FAILURES, target="silent", reason="refused") >= 3
            assert scrape.value("netwatch_knock_bytes", target="well", address="127.0.0.1") == 6
            assert scrape.find("netwatch_knock_bytes", target="silent") == []
            await here.checks.apply({})
            assert here.scrape().samples == []


async def test_a_changed_check_ends_its_attempts_and_begins_anew() -> None:
    with a_door() as silent_port, a_door(b"hello\n") as port:
        async with house() as here:
            hangs: dict[str, object] = {"name": "wiki", "host": "127.0.0.1", "port": silent_port}
            await here.checks.apply(knocking(hangs, timeout="1h"))
            await here.eventually(lambda _: "web wiki (127.0.0.1)" in names_of_tasks())
            await here.checks.apply(knocking(hangs | {"port": port}))
            scrape = await here.eventually(lambda s: s.value(SUCCESSES, target="wiki") > 0)
            assert scrape.find(FAILURES) == []

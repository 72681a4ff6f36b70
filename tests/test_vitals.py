import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from netwatch import __version__
from netwatch.model import Batch
from netwatch.net.ping.engine import Pinger
from netwatch.prober import Prober
from netwatch.vitals import LoopLag, ReloadRecord, Vitals
from tests.net.ping.pinging import PATIENT, target_at


@dataclass
class House:
    """All that the vitals tell of, on a clock that is turned by hand."""

    pinger: Pinger
    prober: Prober = field(default_factory=lambda: Prober(lambda _: None))
    now: float = 100.0
    series: int = 0
    log_lines_lost: int = 0
    loop_lag: LoopLag = field(default_factory=LoopLag)
    reloads: ReloadRecord = field(default_factory=ReloadRecord)
    local_errors: Counter[str] = field(default_factory=Counter)

    def scrape(self) -> dict[str, float]:
        registry = CollectorRegistry()
        registry.register(
            Vitals(
                pinger=self.pinger,
                prober=self.prober,
                loop_lag=self.loop_lag,
                reloads=self.reloads,
                local_errors=self.local_errors,
                series=lambda: self.series,
                log_lines_lost=lambda: self.log_lines_lost,
                now=lambda: self.now,
            )
        )
        families = text_string_to_metric_families(generate_latest(registry).decode())
        return {
            f"{sample.name}{','.join(sample.labels.values())}": sample.value
            for family in families
            for sample in family.samples
        }


@pytest.fixture
def house() -> Iterator[House]:
    def ignore(batch: Batch) -> None:
        del batch

    with Pinger(ignore) as pinger:
        yield House(pinger)


def test_all_of_it_is_there_from_the_start(house: House) -> None:
    assert house.scrape() == {
        f"netwatch_build_info{__version__}": 1,
        "netwatch_series": 0,
        "netwatch_loop_lag_seconds": 0,
        "netwatch_log_lines_lost_total": 0,
        "netwatch_config_last_reload_successful": 1,
        "netwatch_config_last_reload_success_timestamp_seconds": 0,
        "netwatch_schedule_lag_seconds": 0,
        "netwatch_icmp_socket_drops_total": 0,
        "netwatch_icmp_malformed_total": 0,
        "netwatch_icmp_foreign_replies_total": 0,
        "netwatch_clock_steps_total": 0,
        "netwatch_icmp_unstamped_total": 0,
        "netwatch_icmp_timestamp_sourcereceive,kernel": 1,
    }


def test_it_tells_what_is_so_at_the_scrape(house: House) -> None:
    house.series = 12
    house.log_lines_lost = 7
    house.reloads.successful = False
    house.reloads.success_timestamp_seconds = 1.5
    house.local_errors.update({"nodes": 3, "gateway": 1})
    scrape = house.scrape()
    assert scrape["netwatch_series"] == 12
    assert scrape["netwatch_log_lines_lost_total"] == 7
    assert scrape["netwatch_config_last_reload_successful"] == 0
    assert scrape["netwatch_config_last_reload_success_timestamp_seconds"] == 1.5
    assert scrape["netwatch_local_errors_totalnodes"] == 3
    assert scrape["netwatch_local_errors_totalgateway"] == 1


@pytest.mark.usefixtures("may_ping")
async def test_what_stamps_requests_is_told_once_one_was_sent(house: House) -> None:
    async with asyncio.TaskGroup() as group:
        pinging = group.create_task(house.pinger.run(), name="pinger")
        house.pinger.add(target_at("127.0.0.1"), PATIENT, first=time.monotonic(), count=1)
        await house.pinger.all_done()
        pinging.cancel()
    scrape = house.scrape()
    assert scrape["netwatch_icmp_timestamp_sourcesend,kernel"] == 1
    assert scrape["netwatch_icmp_unstamped_total"] == 0
    house.pinger._lines.stamps_sends = False  # as on a kernel that cannot
    scrape = house.scrape()
    assert scrape["netwatch_icmp_timestamp_sourcesend,user"] == 1
    assert "netwatch_icmp_timestamp_sourcesend,kernel" not in scrape


def test_the_worst_lag_is_told_for_a_while(house: House) -> None:
    house.loop_lag.worst.observe(0.7, house.now)
    house.pinger.lag.observe(0.3, house.now)
    scrape = house.scrape()
    assert scrape["netwatch_loop_lag_seconds"] == 0.7
    assert scrape["netwatch_schedule_lag_seconds"] == 0.3
    house.prober.lag.observe(0.4, house.now)
    assert house.scrape()["netwatch_schedule_lag_seconds"] == 0.4
    house.now += 61
    assert house.scrape()["netwatch_loop_lag_seconds"] == 0


async def test_a_blocked_loop_is_noticed() -> None:
    lag = LoopLag(look_seconds=0.25)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(lag.watch(), name="loop lag")
        await asyncio.sleep(0)  # it looks at the clock and goes to sleep
        time.sleep(0.35)  # noqa: ASYNC251  # this is what blocks the loop
        await asyncio.sleep(0.01)  # its timer is first
        watching.cancel()
    assert lag.worst.at(time.monotonic()) >= 0.1

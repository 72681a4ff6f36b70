"""What the agent says about itself: is its own house in order, so that its word can be trusted."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from netwatch import __version__
from netwatch.net.ping.engine import Pinger
from netwatch.prober import Prober
from netwatch.schedule import until_beat
from netwatch.stats import WorstRecent


class LoopLag:
    """How late the event loop gets to what is due; its delay is in nobody's round-trip time."""

    def __init__(self, look_seconds: float = 1.0) -> None:
        """`look_seconds` is how often to look: each look is a wake-up of the process."""
        self._look_seconds = look_seconds
        self.worst = WorstRecent()

    async def watch(self) -> NoReturn:
        """Look again and again, until cancelled."""
        while True:
            before = time.monotonic()
            wait = until_beat(before, self._look_seconds)
            await asyncio.sleep(wait)
            now = time.monotonic()
            self.worst.observe(max(now - before - wait, 0.0), now)


@dataclass(slots=True)
class ReloadRecord:
    """Whether the configuration in use is the one that was last asked for."""

    successful: bool = True
    success_timestamp_seconds: float = 0.0


class Vitals:
    """A prometheus_client collector of the agent's own series."""

    def __init__(
        self,
        *,
        pinger: Pinger,
        prober: Prober,
        loop_lag: LoopLag,
        reloads: ReloadRecord,
        local_errors: Mapping[str, int],
        series: Callable[[], int],
        log_lines_lost: Callable[[], int] = lambda: 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`local_errors` counts by check, `series` tells how many the last scrape had."""
        self._pinger = pinger
        self._prober = prober
        self._loop_lag = loop_lag
        self._reloads = reloads
        self._local_errors = local_errors
        self._series = series
        self._log_lines_lost = log_lines_lost
        self._now = now

    def collect(self) -> Iterable[Metric]:
        yield from self._about_itself()
        yield from self._about_configuration()
        yield from self._about_measuring()

    def _about_itself(self) -> Iterable[Metric]:
        build = GaugeMetricFamily(
            "netwatch_build_info", "1, with the version that runs.", labels=["version"]
        )
        build.add_metric([__version__], 1)
        yield build
        yield GaugeMetricFamily(
            "netwatch_series",
            "Series of checks and targets in the scrape before or this one.",
            self._series(),
        )
        yield GaugeMetricFamily(
            "netwatch_loop_lag_seconds",
            "Worst delay of the event loop of the last minute.",
            self._loop_lag.worst.at(self._now()),
        )
        yield CounterMetricFamily(
            "netwatch_log_lines_lost",
            "Lines of the log that nobody took, and for which there was no room to wait.",
            self._log_lines_lost(),
        )

    def _about_configuration(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "netwatch_config_last_reload_successful",
            "Whether the configuration in use is the one that was last asked for.",
            int(self._reloads.successful),
        )
        yield GaugeMetricFamily(
            "netwatch_config_last_reload_success_timestamp_seconds",
            "When the configuration in use was loaded, in seconds since the epoch.",
            self._reloads.success_timestamp_seconds,
        )

    def _about_measuring(self) -> Iterable[Metric]:
        counts = self._pinger.counts
        yield GaugeMetricFamily(
            "netwatch_schedule_lag_seconds",
            "Worst delay of a ping or an attempt against its beat of the last minute.",
            max(self._pinger.lag.at(self._now()), self._prober.lag.at(self._now())),
        )
        yield CounterMetricFamily(
            "netwatch_icmp_socket_drops",
            "Messages that the kernel dropped at our sockets, mostly for want of room.",
            counts.drops,
        )
        yield CounterMetricFamily(
            "netwatch_icmp_malformed", "Packets at our sockets that are no ICMP.", counts.malformed
        )
        yield CounterMetricFamily(
            "netwatch_icmp_foreign_replies",
            "Replies at our sockets that are not ours; they count for no target.",
            counts.foreign,
        )
        yield CounterMetricFamily(
            "netwatch_icmp_unstamped",
            "Requests whose departure the kernel did not stamp; "
            "their round-trip times are less exact.",
            counts.unstamped,
        )
        yield CounterMetricFamily(
            "netwatch_clock_steps", "How often the wall clock was set.", self._pinger.clock_steps
        )
        yield from self._about_stamps()
        errors = CounterMetricFamily(
            "netwatch_local_errors",
            "Attempts that failed by our own fault; they say nothing about a target.",
            labels=["check"],
        )
        for check, count in sorted(self._local_errors.items()):
            errors.add_metric([check], count)
        yield errors

    def _about_stamps(self) -> Iterable[Metric]:
        source = GaugeMetricFamily(
            "netwatch_icmp_timestamp_source",
            "1 for what stamps a packet in each direction.",
            labels=["direction", "source"],
        )
        stamps_sends = self._pinger.stamps_sends
        if stamps_sends is not None:
            source.add_metric(["send", "kernel" if stamps_sends else "user"], 1)
        source.add_metric(["receive", "kernel"], 1)
        yield source

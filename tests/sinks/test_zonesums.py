from netwatch.exposition.dialect import Dialect
from netwatch.exposition.table import Table
from netwatch.exposition.text import render
from netwatch.model import Outcome
from netwatch.net.ping.tally import PingTally
from netwatch.probes.icmp import IcmpOptions
from netwatch.sinks.durations import Durations
from netwatch.sinks.zonesums import ZoneSums
from tests.nouns import a_check


class Shown:
    """The sums of one check of pings, and what is shown of them."""

    def __init__(self, scope: str = "auto") -> None:
        check = a_check(histogram=scope, labels=(("team", "net"),))
        self.table = Table(IcmpOptions.families)
        self.durations = Durations(check, (1.0,), "rtt", self.table)
        self.sums = ZoneSums(check, [self.table], PingTally, self.durations)

    def count(self, zone: str, outcome: Outcome = Outcome.OK) -> None:
        tally = self.sums.tally(zone)
        assert isinstance(tally, PingTally)
        tally.settle(outcome, 0.5, 64, accepted=True)

    def lines(self) -> dict[str, float]:
        text = b"".join(render([self.table], Dialect.TEXT)).decode()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        found = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
        assert len(found) == len(lines)  # no series is there twice
        return found

    def value(self, name: str, zone: str) -> float | None:
        labels = f'check="nodes",probe="icmp",target="",address="",zone="{zone}",team="net"'
        return self.lines().get(f"netwatch_icmp_{name}{{{labels}}}")


def test_a_zone_has_one_row_however_many_count_into_it() -> None:
    shown = Shown()
    for zone in ("a", "b", "a"):
        shown.count(zone)
    assert shown.value("packets_sent_total", "a") == 2
    assert shown.value("packets_sent_total", "b") == 1
    assert shown.value("rtt_seconds_count", "a") == 2


def test_what_was_latest_is_not_shown_because_nobody_knows_of_whom() -> None:
    shown = Shown()
    shown.count("a")
    assert not [line for line in shown.lines() if "hop_limit" in line or "rtt_mean" in line]


def test_without_histograms_the_counters_are_shown_alone() -> None:
    shown = Shown("off")
    shown.count("a")
    assert shown.value("packets_received_total", "a") == 1
    assert shown.value("rtt_seconds_count", "a") is None


def test_rows_end_with_the_check() -> None:
    shown = Shown()
    shown.count("a")
    shown.sums.end()
    shown.durations.end()
    assert shown.lines() == {}

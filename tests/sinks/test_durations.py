from dataclasses import dataclass, field, replace

import pytest

from netwatch.exposition.family import Family, Kind
from netwatch.exposition.histogram import Histogram
from netwatch.exposition.table import Table
from netwatch.model import Check, Outcome, Target
from netwatch.net.ping.tally import PingTally
from netwatch.sinks.durations import MOST_OWN, Durations
from tests.nouns import a_check, a_target

FAMILY = Family(
    name="rtt_seconds", kind=Kind.HISTOGRAM, help="", key="rtt", unit="seconds", label=""
)


@dataclass
class Shared:
    """The durations of one check, and what is shown of them."""

    scope: str
    tallies: dict[Target, PingTally] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.check: Check = a_check(histogram=self.scope, labels=(("team", "net"),))
        self.table = Table([FAMILY])
        self.durations = Durations(self.check, (1.0,), "rtt", self.table)

    def join(self, name: str, zone: str = "") -> Target:
        target = a_target(name, check=self.check, zone=zone)
        self.tallies[target] = PingTally()
        self.durations.join(target, self.tallies[target])
        return target

    def count(self, target: Target, seconds: float = 0.5) -> None:
        self.tallies[target].settle(Outcome.OK, seconds, 64, accepted=True)

    def move(self, target: Target, **changes: str) -> None:
        target.endpoint = replace(target.endpoint, **changes)  # type: ignore[arg-type]  # by keyword
        self.durations.change(target)

    def leave(self, target: Target) -> None:
        del self.tallies[target]
        self.durations.leave(target)

    @property
    def own(self) -> list[int]:
        """How many each target shows on its own series."""
        return [sum(tally.rtt.counts) for tally in self.tallies.values() if tally.rtt]

    @property
    def by_zone(self) -> dict[str, int]:
        """How many the series of each zone show."""
        shown = {}
        for labels, record in zip(*self.table.snapshot(), strict=True):
            histogram = getattr(record, FAMILY.key)
            assert isinstance(histogram, Histogram)
            shown[labels] = sum(histogram.counts)
        return shown


def labels(zone: str) -> str:
    return f'{{check="nodes",probe="icmp",target="",address="",zone="{zone}",team="net"}}'


@pytest.mark.parametrize("scope", ["target", "auto"])
def test_each_target_has_its_own(scope: str) -> None:
    shared = Shared(scope)
    first, _ = shared.join("a"), shared.join("b")
    shared.count(first)
    assert (shared.own, shared.by_zone) == ([1, 0], {})


def test_with_zone_those_of_one_zone_share_one() -> None:
    shared = Shared("zone")
    for zone in ("x", "x", "y"):
        shared.count(shared.join("a", zone))
    assert (shared.own, shared.by_zone) == ([], {labels("x"): 2, labels("y"): 1})


def test_with_off_there_is_none() -> None:
    shared = Shared("off")
    target = shared.join("a")
    shared.count(target)
    shared.move(target, zone="b")
    shared.leave(target)
    assert (shared.own, shared.by_zone) == ([], {})


def test_too_many_targets_share_from_then_on_and_no_count_is_lost() -> None:
    shared = Shared("auto")
    for number in range(MOST_OWN):
        shared.count(shared.join(f"kube-{number}", zone="xy"[number % 2]))
    assert (len(shared.own), shared.by_zone) == (MOST_OWN, {})
    shared.count(shared.join("one more", zone="y"))
    assert shared.own == []
    half = MOST_OWN // 2
    assert shared.by_zone == {labels("x"): half, labels("y"): half + 1}


def test_with_target_there_may_be_any_number() -> None:
    shared = Shared("target")
    for number in range(MOST_OWN + 1):
        shared.join(f"kube-{number}")
    assert (len(shared.own), shared.by_zone) == (MOST_OWN + 1, {})


def test_they_go_on_sharing_when_there_are_few_again() -> None:
    shared = Shared("auto")
    targets = [shared.join(f"kube-{number}") for number in range(MOST_OWN + 1)]
    for target in targets[1:]:
        shared.leave(target)
    shared.count(targets[0])
    assert (shared.own, shared.by_zone) == ([], {labels(""): 1})


def test_a_target_that_moves_counts_in_its_new_zone_from_then_on() -> None:
    shared = Shared("zone")
    target, _ = shared.join("a", "x"), shared.join("b", "x")
    shared.count(target)
    shared.move(target, zone="y")
    shared.count(target)
    assert shared.by_zone == {labels("x"): 1, labels("y"): 1}


def test_a_target_that_moves_before_they_share_is_poured_into_its_new_zone() -> None:
    shared = Shared("auto")
    target = shared.join("a", "x")
    shared.count(target)
    shared.move(target, zone="y")
    for number in range(MOST_OWN):
        shared.join(f"kube-{number}", "x")
    assert shared.by_zone == {labels("y"): 1, labels("x"): 0}


def test_a_change_within_a_zone_loses_no_count() -> None:
    shared = Shared("zone")
    target = shared.join("a", "x")
    shared.count(target)
    shared.move(target, host="a.example")
    shared.count(target)
    assert shared.by_zone == {labels("x"): 2}


def test_a_zone_goes_with_its_last_target_and_not_before() -> None:
    shared = Shared("zone")
    first, last = shared.join("a", "x"), shared.join("b", "x")
    shared.count(first)
    shared.leave(first)
    assert shared.by_zone == {labels("x"): 1}
    shared.leave(last)
    assert shared.by_zone == {}


def test_what_a_zone_shows_is_nothing_but_the_histogram() -> None:
    shared = Shared("zone")
    shared.join("a", "x")
    _, [record] = shared.table.snapshot()
    assert not hasattr(record, "sent")


def test_what_counts_for_a_zone_shares_its_histogram_and_stays_until_the_end() -> None:
    shared, tally = Shared("zone"), PingTally()
    target = shared.join("a", zone="z")
    shared.durations.join_zone("z", tally)
    tally.settle(Outcome.OK, 0.5, 64, accepted=True)
    shared.count(target)
    assert list(shared.by_zone.values()) == [2]
    shared.leave(target)
    assert list(shared.by_zone.values()) == [2]
    shared.durations.end()
    assert shared.by_zone == {}


def test_what_counts_for_a_zone_does_not_make_targets_many() -> None:
    shared = Shared("auto")
    for number in range(MOST_OWN + 5):
        shared.durations.join_zone(f"zone-{number}", PingTally())
    shared.count(shared.join("a"))
    assert shared.own == [1]

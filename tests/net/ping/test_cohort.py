from dataclasses import replace
from ipaddress import ip_address

import pytest

from netwatch.model import Outcome, ProbeError, Target
from netwatch.net.ping.cohort import Cohort
from netwatch.net.ping.line import LineOptions
from netwatch.net.ping.opening import ChannelOptions
from tests.nouns import a_target

Refused = list[tuple[Target, ProbeError]]


def a_cohort(*targets: Target, remaining: int | None = None) -> Cohort:
    cohort = Cohort(LineOptions(ChannelOptions(family=4), 1.0), remaining)
    for target in targets:
        cohort.add(target)
    return cohort


def addresses(cohort: Cohort) -> tuple[list[str], Refused]:
    """Return whom a beat goes to, and who is refused."""
    refused: Refused = []
    volley = cohort.volley(lambda target, error: refused.append((target, error)))
    packed = [volley.addresses[start : start + 4] for start in range(0, len(volley) * 4, 4)]
    return [str(ip_address(one)) for one in packed], refused


def test_a_beat_is_a_request_to_each_target() -> None:
    cohort = a_cohort(a_target("a", "10.0.0.1"), a_target("b", "10.0.0.2"))
    assert addresses(cohort) == (["10.0.0.1", "10.0.0.2"], [])


def test_who_leaves_is_in_no_later_beat_and_who_joins_is() -> None:
    first, second = a_target("a", "10.0.0.1"), a_target("b", "10.0.0.2")
    cohort = a_cohort(first)
    addresses(cohort)
    cohort.add(second)
    cohort.discard(first)
    assert (addresses(cohort)[0], len(cohort)) == (["10.0.0.2"], 1)


@pytest.mark.parametrize("blame", [Outcome.RESOLVE, Outcome.LOCAL])
def test_who_has_no_address_is_refused_on_each_beat_and_the_others_are_not(blame: Outcome) -> None:
    unknown = a_target("b", "")
    ours = blame is Outcome.LOCAL
    unknown.endpoint = replace(unknown.endpoint, problem="no such name", is_our_fault=ours)
    cohort = a_cohort(a_target("a", "10.0.0.1"), unknown)
    for _ in range(2):
        sent, refused = addresses(cohort)
        assert sent == ["10.0.0.1"]
        ((target, error),) = refused
        assert (target, error.outcome, error.detail) == (unknown, blame, "no such name")


def test_who_goes_through_an_interface_that_is_not_there_is_refused() -> None:
    _, ((_, error),) = addresses(a_cohort(a_target("a", "fe80::1%nowhere")))
    assert (error.outcome, error.detail) == (Outcome.UNREACHABLE, "no interface nowhere")


def test_beats_are_counted_down_only_where_they_have_an_end() -> None:
    counted, endless = a_cohort(remaining=2), a_cohort()
    counted.count_down()
    endless.count_down()
    assert (counted.remaining, endless.remaining) == (1, None)

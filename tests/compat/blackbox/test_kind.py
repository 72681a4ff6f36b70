from typing import Annotated

import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.icmp import IcmpModule
from netwatch.compat.blackbox.kind import Unsupported, checked, shown_phases
from netwatch.compat.blackbox.lookup import Preference
from netwatch.model import Outcome, Result
from netwatch.options import Options
from tests.nouns import a_target


def _is_even(value: object) -> None:
    if isinstance(value, int) and value % 2:
        raise ValueError("expected an even number")


class Section(Options):
    left: Annotated[bool, Unsupported("turning left", (False,))] = False
    number: Annotated[int, checked(_is_even)] = 0


def result(duration: float | None, **phases: float) -> Result:
    outcome = Outcome.TIMEOUT if duration is None else Outcome.OK
    return Result(a_target(), 0.0, duration, outcome, phases=phases)


def test_a_key_that_cannot_be_honoured_is_refused_unless_it_changes_nothing() -> None:
    assert Section(left=False).left is False
    with pytest.raises(ValidationError, match="netwatch does not support turning left, expected"):
        Section(left=True)


def test_a_key_that_cannot_be_honoured_is_not_told_among_those_that_can() -> None:
    assert set(Section.model_json_schema()["properties"]) == {"number"}


def test_a_checked_value_stays_as_it_is_written() -> None:
    assert Section(number=4).number == 4
    with pytest.raises(ValidationError, match="expected an even number"):
        Section(number=3)


def test_a_success_has_all_phases_and_a_failure_those_that_were_completed() -> None:
    always = ("resolve", "connect", "tls")
    assert shown_phases(result(1.0, resolve=0.1, connect=0.2, other=9), *always) == {
        "resolve": 0.1,
        "connect": 0.2,
        "tls": 0,
    }
    assert shown_phases(result(None, resolve=0.1), *always) == {"resolve": 0.1}


def test_ipv6_is_preferred_and_ipv4_will_do() -> None:
    assert IcmpModule().preference == Preference(6, falls_back=True)
    module = IcmpModule(preferred_ip_protocol="ip4", ip_protocol_fallback=False)
    assert module.preference == Preference(4, falls_back=False)


def test_a_host_name_means_nothing_to_a_kind_that_does_not_ask_for_one() -> None:
    assert IcmpModule().asking_for("wiki.example") == IcmpModule()

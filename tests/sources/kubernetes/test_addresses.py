import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.sources.cluster import Family
from netwatch.sources.kubernetes.addresses import Choice, is_asked_for

BOTH = ["10.0.0.1", "FD00::1", "10.0.0.2", "fd00::2"]


@pytest.mark.parametrize(
    ("family", "chosen"),
    [
        ("both", (("10.0.0.1", 4), ("fd00::1", 6))),
        ("any", (("10.0.0.1", 4),)),
        ("ipv4", (("10.0.0.1", 4),)),
        ("ipv6", (("fd00::1", 6),)),
    ],
)
def test_it_is_the_first_of_each_family_that_is_asked_for(
    family: Family, chosen: tuple[tuple[str, int], ...]
) -> None:
    assert Choice(family).of(BOTH) == chosen


def test_any_family_is_the_other_where_the_first_is_missing() -> None:
    assert Choice("any").of(["fd00::1"]) == (("fd00::1", 6),)
    assert Choice("ipv4").of(["fd00::1"]) == ()


@given(st.lists(st.text()))
def test_what_is_no_address_is_left_out(texts: list[str]) -> None:
    assert Choice("both").of([*texts, "None", ""]) == Choice("both").of(texts)


def test_a_port_is_asked_for_by_its_name_or_number() -> None:
    assert is_asked_for("dns", "dns", 53)
    assert is_asked_for(53, "dns", 53)
    assert is_asked_for(None, "dns", 53)
    assert not is_asked_for("metrics", "dns", 53)
    assert not is_asked_for(9153, "dns", 53)

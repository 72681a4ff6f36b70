import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.sources.cluster import Family, Protocol
from netwatch.sources.kubernetes.addresses import Choice, PortChoice

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


@pytest.mark.parametrize(
    ("wanted", "protocol", "taken"),
    [
        ("dns", None, ["dns"]),
        (53, None, ["dns", "dns-tcp"]),
        (53, "UDP", ["dns"]),
        ("dns", "TCP", []),
        ("https", None, []),
        (None, None, ["dns-tcp", "metrics"]),
        (None, "UDP", ["dns"]),
        (None, "SCTP", []),
    ],
)
def test_ports_are_those_of_a_name_number_or_protocol_and_without_a_word_those_of_tcp(
    wanted: str | int | None, protocol: Protocol | None, taken: list[str]
) -> None:
    ports = [("dns", 53, "UDP"), ("dns-tcp", 53, "TCP"), ("metrics", 9153, "TCP")]
    choice = PortChoice(wanted, protocol)
    assert [port[0] for port in ports if choice.takes(*port)] == taken

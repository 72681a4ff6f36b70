import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.resolvconf import ResolvConf, parse_resolv_conf

KUBERNETES = """\
# written by the kubelet
search default.svc.cluster.local svc.cluster.local cluster.local
nameserver 10.96.0.10
options ndots:5 timeout:2 attempts:3 rotate edns0
"""


def test_what_the_kubelet_writes_is_read() -> None:
    assert parse_resolv_conf(KUBERNETES) == ResolvConf(
        nameservers=("10.96.0.10",),
        search=("default.svc.cluster.local", "svc.cluster.local", "cluster.local"),
        ndots=5,
        timeout_seconds=2,
        attempts=3,
        rotate=True,
    )


def test_an_empty_file_has_the_defaults_of_the_man_page() -> None:
    assert parse_resolv_conf("") == ResolvConf(
        nameservers=(), search=(), ndots=1, timeout_seconds=5, attempts=2, rotate=False
    )


def test_only_the_first_three_servers_count() -> None:
    text = "".join(f"nameserver 10.0.0.{number}\n" for number in range(1, 6))
    assert parse_resolv_conf(text).nameservers == ("10.0.0.1", "10.0.0.2", "10.0.0.3")


def test_a_server_may_be_link_local() -> None:
    assert parse_resolv_conf("nameserver fe80::1%eth0\n").nameservers == ("fe80::1%eth0",)


def test_the_last_search_list_wins_over_those_before() -> None:
    assert parse_resolv_conf("search a.example b.example\ndomain c.example\n").search == (
        "c.example",
    )


@pytest.mark.parametrize(
    "line",
    [
        "; nameserver 10.0.0.1",
        "# nameserver 10.0.0.1",
        " nameserver 10.0.0.1",
        "nameserver",
        "nameserver dns.example",
        "nameserver10.0.0.1",
        "options ndots:x timeout: attempts:-1 no-such-option:3",
        "options timeout:\u0661",
        "sortlist 10.0.0.0",
    ],
)
def test_a_line_that_means_nothing_is_ignored(line: str) -> None:
    assert parse_resolv_conf(line) == ResolvConf()


def test_options_are_capped_as_by_the_c_library() -> None:
    highest = parse_resolv_conf("options ndots:99 timeout:99 attempts:99")
    lowest = parse_resolv_conf("options ndots:0 timeout:0 attempts:0")
    assert (highest.ndots, highest.timeout_seconds, highest.attempts) == (15, 30, 5)
    assert (lowest.ndots, lowest.timeout_seconds, lowest.attempts) == (0, 1, 1)


@pytest.mark.parametrize(
    ("name", "candidates"),
    [
        ("wiki", ("wiki.a.example", "wiki.b.example", "wiki")),
        ("wiki.team", ("wiki.team.a.example", "wiki.team.b.example", "wiki.team")),
        ("wiki.team.org", ("wiki.team.org", "wiki.team.org.a.example", "wiki.team.org.b.example")),
        ("wiki.", ("wiki.",)),
    ],
)
def test_search_domains_come_first_for_names_with_few_dots(
    name: str, candidates: tuple[str, ...]
) -> None:
    conf = ResolvConf(search=("a.example", "b.example"), ndots=2)
    assert conf.candidates(name) == candidates


def test_searching_the_root_asks_for_the_name_once() -> None:
    assert ResolvConf(search=(".",)).candidates("wiki") == ("wiki",)


WORDS = ("nameserver", "search", "domain", "options", "ndots:", "attempts:", "::1", "7", ".", " ")


@given(st.text() | st.lists(st.sampled_from([*WORDS, "\n", "#"])).map("".join))
def test_any_text_gives_a_configuration_that_can_be_used(text: str) -> None:
    conf = parse_resolv_conf(text)
    assert len(list(map(ipaddress.ip_address, conf.nameservers))) <= 3
    assert 0 <= conf.ndots <= 15
    assert 1 <= conf.timeout_seconds <= 30
    assert 1 <= conf.attempts <= 5
    assert conf.candidates("name.")

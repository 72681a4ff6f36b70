import argparse

import pytest

from netwatch.cli.targets import add_family_arguments, endpoint_of
from netwatch.endpoint import Endpoint
from netwatch.probes.icmp import IcmpOptions
from tests.knocking import KnockOptions


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("wiki.example:443", "wiki.example", 443),
        ("[2001:db8::1]:80", "2001:db8::1", 80),
        ("10.0.0.7:80", "10.0.0.7", 80),
    ],
)
def test_a_host_and_a_port_are_a_target_by_their_own_name(text: str, host: str, port: int) -> None:
    assert endpoint_of(text, "any", KnockOptions) == Endpoint(name=text, host=host, port=port)


def test_a_url_is_a_target_with_its_host_and_port() -> None:
    url = "https://wiki.example/healthz"
    expected = Endpoint(name=url, host="wiki.example", port=443, url=url)
    assert endpoint_of(url, "any", KnockOptions) == expected


@pytest.mark.parametrize(
    ("text", "family", "message"),
    [
        ("wiki.example", "any", '"wiki.example": found no port, expected a target with one'),
        ("wiki.example:0", "any", 'found port "0" in "wiki.example:0"'),
        ("0.0.0.0:1", "any", "expected the address of one host"),
        ("a..b:1", "any", "expected an IP address or a host name"),
        ("ftp://wiki.example", "any", "expected a URL of http or https"),
        ("[::1]:1", "ipv4", "expected an address or a name that goes with -4"),
        ("http://10.0.0.7/", "ipv6", "expected an address or a name that goes with -6"),
    ],
)
def test_what_is_no_target_of_the_probe_is_refused(text: str, family: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        endpoint_of(text, family, KnockOptions)


def test_a_probe_that_needs_no_port_takes_a_host_alone() -> None:
    assert endpoint_of("::1", "ipv6", IcmpOptions) == Endpoint(name="::1", host="::1")


@pytest.mark.parametrize("text", ["::1", "127.0.0.1"])
def test_an_address_of_either_family_goes_with_a_preference(text: str) -> None:
    assert endpoint_of(text, "prefer_ipv6", IcmpOptions).host == text


@pytest.mark.parametrize(
    ("arguments", "family"),
    [([], "any"), (["-4"], "ipv4"), (["-6"], "ipv6"), (["--prefer-ipv6"], "prefer_ipv6")],
)
def test_one_family_can_be_chosen(arguments: list[str], family: str) -> None:
    parser = argparse.ArgumentParser()
    add_family_arguments(parser)
    assert parser.parse_args(arguments).family == family

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from netwatch.endpoint import Endpoint
from netwatch.sources.endpoint import StaticTarget, TargetItem, snapshot_of

ITEM: TypeAdapter[StaticTarget] = TypeAdapter(TargetItem)


def read(item: Any) -> Endpoint:
    return ITEM.validate_python(item).endpoint()


def test_a_target_says_all_it_knows() -> None:
    item = {
        "name": "wiki",
        "host": "wiki.example",
        "port": 443,
        "zone": "a",
        "labels": {"team": "docs", "env": "prod"},
    }
    assert read(item) == Endpoint(
        name="wiki",
        host="wiki.example",
        port=443,
        zone="a",
        labels=(("env", "prod"), ("team", "docs")),
    )


def test_a_host_alone_is_its_own_name() -> None:
    assert read("2001:DB8::7") == Endpoint(name="2001:db8::7", host="2001:db8::7")
    assert read({"host": "wiki."}) == Endpoint(name="wiki.", host="wiki.")


@pytest.mark.parametrize("item", ["https://wiki.example/a?b", {"url": "https://wiki.example/a?b"}])
def test_a_url_is_a_target_with_its_host_and_port_and_its_own_name(item: Any) -> None:
    url = "https://wiki.example/a?b"
    assert read(item) == Endpoint(name=url, host="wiki.example", port=443, url=url)


def test_a_url_may_have_another_name() -> None:
    endpoint = read({"name": "wiki", "url": "http://[2001:DB8::7]:8080/", "zone": "a"})
    assert (endpoint.name, endpoint.host, endpoint.port) == ("wiki", "2001:db8::7", 8080)
    assert (endpoint.url, endpoint.zone) == ("http://[2001:DB8::7]:8080/", "a")


def test_backends_are_addresses_and_ports() -> None:
    target = StaticTarget(host="10.96.0.1", backends=["10.0.0.2:6443", "[2001:DB8::7]:6443"])
    assert target.endpoint().backends == (("10.0.0.2", 6443), ("2001:db8::7", 6443))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "224.0.0.1", "ff02::1%eth0"])
def test_an_address_that_is_not_one_host_is_refused(host: str) -> None:
    with pytest.raises(ValidationError, match="expected the address of one host"):
        read(host)


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"name": "wiki"}, "found neither of host and url, expected exactly one of them"),
        ({"host": "wiki", "url": "http://wiki/"}, "found both of host and url"),
        ({"url": "http://wiki/", "port": 80}, "found a port beside a url"),
        ({"url": "http://0.0.0.0/"}, "expected the address of one host"),
        ({"url": "wiki"}, "expected a URL such as"),
        ({"host": "wiki", "name": ""}, "at least 1 character"),
        ({"host": "https://wiki/"}, "not a URL"),
        ({"host": "wiki:80"}, "expected an IP address or a host name"),
        ({"host": "wiki", "port": 0}, "greater than or equal to 1"),
        ({"host": "wiki", "port": 65536}, "less than or equal to 65535"),
        ({"host": "wiki", "port": "80"}, "valid integer"),
        ({"host": "wiki", "labels": {"zone": "a"}}, "reserved"),
        ({"host": "wiki", "labels": {"a-b": "c"}}, "expected a label name"),
        ({"host": "wiki", "prot": 80}, "Extra inputs"),
        ({"host": "wiki", "backends": ["wiki:80"]}, "expected an IP address and a port"),
        ({"host": "wiki", "backends": ["10.0.0.2"]}, "expected an IP address and a port"),
        (7, "valid dictionary"),
    ],
)
def test_a_wrong_target_is_refused(item: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        read(item)


def test_both_ways_of_writing_a_target_are_in_the_schema() -> None:
    ways = ITEM.json_schema()["anyOf"]
    assert {"type": "string"} in ways
    assert len(ways) == 2


def test_the_same_target_twice_is_refused() -> None:
    wiki = StaticTarget(name="wiki", host="wiki.example", port=80)
    with pytest.raises(ValueError, match=r'"wiki" with host "wiki[.]example" port 80 twice'):
        snapshot_of([wiki, wiki])


def test_a_name_may_stand_for_several_hosts_and_ports() -> None:
    assert len(snapshot_of(StaticTarget(name="wiki", host=host) for host in ("a", "b"))) == 2
    assert len(snapshot_of(StaticTarget(host="wiki", port=port) for port in (80, 443))) == 2

import socket

import pytest

from netwatch.net.kubernetes.names import AnsweringResolver
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed


async def resolve(host: str) -> Answer:
    if host == "unknown":
        raise NameUnknown("unknown: no such name")
    if host == "silent":
        raise ResolverFailed("silent: no server answers")
    return Answer(("10.0.0.1", "10.0.0.2"), None if host == "half" else ("fd00::1",), 60)


async def hosts(host: str, family: socket.AddressFamily) -> list[str]:
    return [found["host"] for found in await AnsweringResolver(resolve).resolve(host, 443, family)]


async def test_the_addresses_of_the_family_are_found() -> None:
    assert await hosts("api", socket.AF_INET) == ["10.0.0.1", "10.0.0.2"]
    assert await hosts("api", socket.AF_INET6) == ["fd00::1"]
    assert await hosts("api", socket.AF_UNSPEC) == ["10.0.0.1", "10.0.0.2", "fd00::1"]
    assert await hosts("half", socket.AF_UNSPEC) == ["10.0.0.1", "10.0.0.2"]


@pytest.mark.parametrize(
    ("host", "why"),
    [("unknown", "no such name"), ("silent", "no server answers"), ("half", "half: no address")],
)
async def test_a_name_without_an_address_is_an_error_of_the_system(host: str, why: str) -> None:
    with pytest.raises(OSError, match=why):
        await hosts(host, socket.AF_INET6)

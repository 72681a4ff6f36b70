from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from netwatch.endpoint import Endpoint
from netwatch.model import Outcome, ProbeError
from netwatch.net.lookup import address_now
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed

Resolve = Callable[[str], Awaitable[Answer]]


def answers(*, ipv4: tuple[str, ...] | None = (), ipv6: tuple[str, ...] | None = ()) -> Resolve:
    async def resolve(host: str) -> Answer:
        assert host == "wiki.example"
        return Answer(ipv4, ipv6, ttl_seconds=60)

    return resolve


def fails(error: Exception) -> Resolve:
    async def resolve(_: str) -> Answer:
        raise error

    return resolve


WIKI = Endpoint(name="wiki", host="wiki.example", address="10.0.0.7", family=4)


async def test_an_address_that_the_name_still_has_is_kept() -> None:
    assert await address_now(WIKI, answers(ipv4=("10.0.0.6", "10.0.0.7"))) == "10.0.0.7"


async def test_a_name_that_moved_is_followed_within_its_family() -> None:
    assert await address_now(WIKI, answers(ipv4=("10.0.0.8",), ipv6=("fd00::1",))) == "10.0.0.8"


@pytest.mark.parametrize("ipv4", [(), None])
async def test_a_name_that_left_its_family_is_followed_into_the_other(
    ipv4: tuple[str, ...] | None,
) -> None:
    assert await address_now(WIKI, answers(ipv4=ipv4, ipv6=("fd00::1",))) == "fd00::1"


async def test_a_name_that_left_its_family_is_not_followed_where_only_that_will_do() -> None:
    wiki = replace(WIKI, is_family_fixed=True)
    with pytest.raises(ProbeError, match=r"wiki\.example: no address of IPv4") as caught:
        await address_now(wiki, answers(ipv6=("fd00::1",)))
    assert caught.value.outcome is Outcome.RESOLVE
    assert await address_now(wiki, answers(ipv4=("10.0.0.8",))) == "10.0.0.8"


@pytest.mark.parametrize("error", [NameUnknown("NXDOMAIN"), ResolverFailed("silence")])
async def test_a_name_without_an_address_is_the_failure_of_its_resolution(
    error: Exception,
) -> None:
    with pytest.raises(ProbeError, match=str(error)) as caught:
        await address_now(WIKI, fails(error))
    assert caught.value.outcome is Outcome.RESOLVE


@pytest.mark.parametrize("address", ["", "fe80::1%lo"])
async def test_nobody_is_asked_for_an_address(address: str) -> None:
    endpoint = Endpoint(name="peer", host="fe80::1%lo", address=address)
    assert await address_now(endpoint, fails(NotImplementedError())) == "fe80::1%lo"

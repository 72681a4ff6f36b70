import ipaddress
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.compat.blackbox.allowlist import AllowList, Guard
from netwatch.compat.blackbox.lookup import Lookups, Preference, address_hash
from netwatch.model import Outcome, ProbeError
from netwatch.net.resolver import Answer, NameUnknown, ResolverFailed
from netwatch.wire.network import parse_network

V4, V6 = "192.0.2.7", "2001:db8::7"
IPV6_FIRST = Preference(6, falls_back=True)
BOTH = Answer((V4, "192.0.2.8"), (V6, "2001:db8::8"), 60)


class Names:
    """A resolver that gives these answers, one after the other."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self._answers = iter(answers)
        self.asked: list[str] = []

    async def resolve(self, host: str) -> Answer:
        self.asked.append(host)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def lookups(names: Names, preference: Preference = IPV6_FIRST) -> Lookups:
    guard = Guard(AllowList((parse_network("0.0.0.0/0"), parse_network("2001:db8::/32"))))
    return Lookups(names.resolve, guard, preference)


@pytest.mark.parametrize(
    ("preference", "answer", "address"),
    [
        (Preference(6, falls_back=True), BOTH, V6),
        (Preference(4, falls_back=True), BOTH, V4),
        (Preference(6, falls_back=True), Answer((V4,), (), 60), V4),
        (Preference(4, falls_back=True), Answer((), (V6,), 60), V6),
        (Preference(4, falls_back=True), Answer(None, (V6,), 60), V6),
        (Preference(6, falls_back=False), BOTH, V6),
        (Preference(4, falls_back=False), BOTH, V4),
    ],
)
async def test_the_first_address_of_the_preferred_family_is_used(
    preference: Preference, answer: Answer, address: str
) -> None:
    assert await lookups(Names(answer), preference).address("wiki.example") == address


@pytest.mark.parametrize(
    ("preference", "answer", "words"),
    [
        (Preference(6, falls_back=False), Answer((V4,), (), 60), "has no IPv6 address"),
        (Preference(4, falls_back=False), Answer((), (V6,), 60), "has no IPv4 address"),
        (Preference(4, falls_back=False), Answer(None, (V6,), 60, "silence"), "silence"),
        (Preference(6, falls_back=True), NameUnknown("no such name"), "no such name"),
        (Preference(6, falls_back=True), ResolverFailed("no server"), "no server"),
    ],
)
async def test_a_name_without_an_address_that_may_be_used_fails_to_resolve(
    preference: Preference, answer: Answer | Exception, words: str
) -> None:
    looking = lookups(Names(answer), preference)
    with pytest.raises(ProbeError) as caught:
        await looking.address("wiki.example")
    assert caught.value.outcome is Outcome.RESOLVE
    assert words in caught.value.detail
    assert looking.first_seconds is not None


async def test_a_name_that_resolves_differently_the_second_time_keeps_its_first_address() -> None:
    names = Names(Answer((V4,), (), 0), Answer(("127.0.0.1",), (), 0))
    looking = lookups(names)
    assert await looking.address("rebind.example") == V4
    assert await looking.resolve("rebind.example") == Answer((V4,), (), math.inf)
    assert names.asked == ["rebind.example"]


async def test_an_address_that_is_not_permitted_is_refused_each_time() -> None:
    looking = lookups(Names(Answer(("127.0.0.1",), (), 60)))
    for ask in (looking.address, looking.resolve):
        with pytest.raises(ProbeError) as caught:
            await ask("here.example")
        assert caught.value.outcome is Outcome.BLOCKED


async def test_what_it_resolves_has_one_address_of_one_family() -> None:
    looking = lookups(Names(BOTH))
    assert await looking.resolve("wiki.example") == Answer((), (V6,), math.inf)


async def test_only_the_first_lookup_is_timed() -> None:
    looking = lookups(Names(BOTH, NameUnknown("no such name")))
    assert looking.first_seconds is None
    await looking.address("wiki.example")
    first = looking.first_seconds
    with pytest.raises(ProbeError):
        await looking.address("elsewhere.example")
    assert looking.first_seconds == first


def test_the_hash_is_fnv_1a_of_the_bytes_of_the_address() -> None:
    assert address_hash("127.0.0.1") == 3668918509  # as blackbox_exporter 0.23 says
    assert address_hash("fe80::1%eth0") == address_hash("fe80::1")


@given(st.ip_addresses(), st.ip_addresses())
def test_the_hash_is_a_number_of_32_bits_that_tells_addresses_apart(
    one: ipaddress.IPv4Address | ipaddress.IPv6Address,
    other: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    assert 0 <= address_hash(str(one)) < 2**32
    if one.packed == other.packed:
        assert address_hash(str(one)) == address_hash(str(other))

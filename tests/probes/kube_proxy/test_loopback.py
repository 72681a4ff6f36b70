import errno
import os
from collections.abc import Mapping

import pytest

from netwatch.probes.kube_proxy.loopback import is_answered


async def asked(host: str, said: Mapping[str, int]) -> tuple[bool, list[str]]:
    """Return whether somebody answers, and who was asked; `said` are numbers of errors, by host."""
    hosts: list[str] = []

    async def ask(host: str) -> None:
        hosts.append(host)
        if number := said.get(host):
            raise OSError(number, os.strerror(number))

    return await is_answered(ask, host), hosts


@pytest.mark.parametrize(("host", "other"), [("127.0.0.1", "::1"), ("::1", "127.0.0.1")])
async def test_where_nobody_listens_loopback_of_the_other_family_is_asked(
    host: str, other: str
) -> None:
    refused = errno.ECONNREFUSED
    assert await asked(host, {}) == (True, [host])
    assert await asked(host, {host: refused}) == (True, [host, other])
    assert await asked(host, {host: refused, other: refused}) == (False, [host, other])


async def test_a_host_that_is_not_loopback_is_asked_alone() -> None:
    assert await asked("10.0.0.7", {"10.0.0.7": errno.ECONNREFUSED}) == (False, ["10.0.0.7"])


@pytest.mark.parametrize("number", [errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENETUNREACH])
async def test_a_host_that_lacks_the_other_family_has_nobody_there(number: int) -> None:
    said = {"127.0.0.1": errno.ECONNREFUSED, "::1": number}
    assert await asked("127.0.0.1", said) == (False, ["127.0.0.1", "::1"])


@pytest.mark.parametrize(
    "said",
    [
        {"127.0.0.1": errno.EADDRNOTAVAIL},
        {"127.0.0.1": errno.ECONNREFUSED, "::1": errno.ECONNRESET},
    ],
)
async def test_what_else_goes_wrong_is_told(said: dict[str, int]) -> None:
    with pytest.raises(OSError, match=r"assign|reset"):
        await asked("127.0.0.1", said)

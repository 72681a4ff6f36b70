from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from netwatch.web.authentication import authenticate

REQUEST = make_mocked_request("GET", "/metrics")


@dataclass(frozen=True)
class Door:
    challenge: str
    is_open: bool = False

    def remembers(self, request: web.Request) -> bool:
        raise AssertionError(request)

    async def admits(self, request: web.Request) -> bool:
        assert request is REQUEST
        return self.is_open


async def test_one_way_that_admits_is_enough() -> None:
    await authenticate([Door("Basic"), Door("Bearer", is_open=True)], REQUEST)


async def test_where_there_is_no_way_nobody_is_asked() -> None:
    await authenticate([], REQUEST)


async def test_whoever_is_not_admitted_is_told_all_ways() -> None:
    with pytest.raises(web.HTTPUnauthorized) as refused:
        await authenticate([Door("Basic"), Door("Bearer")], REQUEST)
    assert refused.value.headers.getall("WWW-Authenticate") == ["Basic", "Bearer"]

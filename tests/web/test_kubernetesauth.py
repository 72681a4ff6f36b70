import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from netwatch.config import KubernetesAuthOptions
from netwatch.net.kubernetes.reviews import Reviews
from netwatch.web.kubernetesauth import (
    ALLOWED_SECONDS,
    MOST_AT_ONCE,
    MOST_REMEMBERED,
    REFUSED_SECONDS,
    KubernetesAuth,
    KubernetesTokens,
    bearer_token,
    without_token,
)
from netwatch.web.security import Security
from tests.kubernetes.apiserver import ScriptedServer, hangs, refuses
from tests.kubernetes.keepingup import api_of, soon

CANARY = "hunter2canary"


def request(
    authorization: str = "Bearer known", path: str = "/metrics", method: str = "GET"
) -> web.Request:
    return make_mocked_request(method, path, headers={"Authorization": authorization})


@dataclass
class Door:
    """A way beside the API server that it asks."""

    way: KubernetesAuth
    server: ScriptedServer

    async def status(self, asking: web.Request) -> int:
        """Return what a server would answer."""
        try:
            return 200 if await self.way.admits(asking) else 401
        except web.HTTPException as refusal:
            return refusal.status


@pytest.fixture
async def door(scripted: ScriptedServer) -> AsyncIterator[Door]:
    scripted.users["known"] = {"username": "prometheus"}
    scripted.users["other"] = {"username": "grafana"}
    scripted.grants.add(("prometheus", "get", "/metrics"))
    api = api_of(scripted)
    yield Door(KubernetesAuth(Reviews(api)), scripted)
    await api.close()


@pytest.mark.parametrize(
    ("asking", "status"),
    [
        (request(), 200),
        (request("bearer  known"), 200),
        (request(path="/metrics?page=1"), 200),
        (request(path="/config"), 403),
        (request(method="POST"), 403),
        (request("Bearer other"), 403),
        (request("Bearer stranger"), 401),
    ],
)
async def test_who_is_known_and_may_is_admitted(
    door: Door, asking: web.Request, status: int
) -> None:
    assert await door.status(asking) == status


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer a b", "Bearer é", "Basic known"])
async def test_nobody_is_asked_about_what_is_no_token(door: Door, authorization: str) -> None:
    assert await door.status(request(authorization)) == 401
    assert door.server.reviews == []


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("token", "seconds"),
    [("known", ALLOWED_SECONDS), ("other", REFUSED_SECONDS), ("stranger", REFUSED_SECONDS)],
)
async def test_an_answer_is_remembered_for_a_while(door: Door, token: str, seconds: float) -> None:
    asking = request(f"Bearer {token}")
    first = await door.status(asking)
    asked = len(door.server.reviews)
    await asyncio.sleep(seconds - 5)
    assert await door.status(asking) == first
    assert len(door.server.reviews) == asked
    await asyncio.sleep(10)
    assert await door.status(asking) == first
    assert len(door.server.reviews) == 2 * asked


@pytest.mark.virtual_time
async def test_who_lost_the_permission_is_refused_when_the_answer_is_forgotten(door: Door) -> None:
    assert await door.status(request()) == 200
    door.server.grants.clear()
    await asyncio.sleep(ALLOWED_SECONDS + 1)
    assert await door.status(request()) == 403


async def test_what_is_remembered_is_of_one_token_and_one_path(door: Door) -> None:
    assert await door.status(request()) == 200
    assert await door.status(request(path="/config")) == 403
    assert await door.status(request("Bearer stranger")) == 401
    assert await door.status(request()) == 200


async def test_no_token_is_kept(door: Door) -> None:
    door.server.users[CANARY] = {"username": "prometheus"}
    assert await door.status(request(f"Bearer {CANARY}")) == 200
    kept = [*door.way._allowed._found, *door.way._refused._found]
    assert len(kept) == 1
    assert CANARY.encode() not in b"".join(kept)


async def test_while_the_server_cannot_be_asked_nobody_new_is_admitted(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    assert await door.status(request()) == 200
    await door.server.stop()
    assert await door.status(request()) == 200
    assert await door.status(request("Bearer other")) == 503
    assert "scrapers cannot be authenticated: the API server cannot be asked" in caplog.text


async def test_a_failure_is_not_remembered(door: Door) -> None:
    door.server.next_reviews.append(refuses(500, "etcd is away"))
    assert await door.status(request()) == 503
    assert await door.status(request()) == 200


async def test_a_refusal_that_repeats_the_token_does_not_bring_it_into_the_log(
    door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    door.server.next_reviews.append(refuses(400, f"what is {CANARY}?"))
    with pytest.raises(web.HTTPServiceUnavailable) as refused:
        await door.way.admits(request(f"Bearer {CANARY}"))
    assert "what is …?" in caplog.text
    assert CANARY not in caplog.text
    assert "what is" not in str(refused.value.text)


@pytest.mark.virtual_time
async def test_a_silent_server_is_given_up_before_the_scraper_gives_up(door: Door) -> None:
    door.server.next_reviews.append(hangs)
    async with asyncio.timeout(9):
        assert await door.status(request()) == 503


async def test_of_many_at_once_only_so_many_are_asked_about(door: Door) -> None:
    door.server.next_reviews += [hangs] * MOST_AT_ONCE
    async with asyncio.TaskGroup() as group:
        waiting = [
            group.create_task(door.status(request(f"Bearer a{number}")))
            for number in range(MOST_AT_ONCE)
        ]
        await soon(lambda: len(door.server.reviews) == MOST_AT_ONCE)
        assert await door.status(request()) == 503
        for task in waiting:
            task.cancel()
    assert await door.status(request()) == 200


async def test_strangers_who_try_tokens_do_not_drive_out_who_is_allowed(door: Door) -> None:
    assert await door.status(request()) == 200
    for number in range(MOST_REMEMBERED + 1):
        assert await door.status(request(f"Bearer a{number}")) == 401
    asked = len(door.server.reviews)
    assert await door.status(request()) == 200
    assert len(door.server.reviews) == asked


async def test_who_was_allowed_lately_is_remembered_and_nobody_else(door: Door) -> None:
    assert not door.way.remembers(request())
    for asking in (request(), request("Bearer other"), request("Bearer stranger")):
        await door.status(asking)
    known = [
        door.way.remembers(asking)
        for asking in (
            request(),
            request(path="/config"),
            request("Bearer other"),
            request("Bearer stranger"),
            request(""),
        )
    ]
    assert known == [True, False, False, False, False]


async def test_the_way_is_there_where_the_configuration_says_so(scripted: ScriptedServer) -> None:
    tokens, security = KubernetesTokens(api_of(scripted)), Security()
    assert tokens.added_to(security, KubernetesAuthOptions()).ways == []
    [way] = tokens.added_to(security, KubernetesAuthOptions(enabled=True)).ways
    assert way.challenge.startswith("Bearer ")
    assert tokens.added_to(security, KubernetesAuthOptions()).ways == []


async def test_it_is_the_same_way_while_its_options_are(scripted: ScriptedServer) -> None:
    tokens = KubernetesTokens(api_of(scripted))
    first, again, other = (
        tokens.added_to(Security(), KubernetesAuthOptions(enabled=True, audiences=audiences)).ways
        for audiences in (["a"], ["a"], ["b"])
    )
    assert first[0] is again[0]
    assert other[0] is not first[0]


@given(st.text())
def test_no_header_is_an_error(text: str) -> None:
    token = bearer_token(text)
    assert token in text
    assert token.isascii()


@given(st.text("abc._-", min_size=10), st.integers(min_value=8))
def test_a_token_is_left_out_of_what_is_said_also_where_it_is_cut_off(token: str, end: int) -> None:
    assert without_token(token, f'the server says: "{token[:end]}…"') == 'the server says: "……"'

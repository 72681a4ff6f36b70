from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.kubernetes.access import Api
from netwatch.net.kubernetes.errors import ApiError, MalformedAnswerError
from netwatch.net.kubernetes.reviews import Reviews, User
from tests.kubernetes.apiserver import Answer, Object, ScriptedServer, refuses, streams
from tests.kubernetes.keepingup import api_of

PROMETHEUS = {
    "username": "system:serviceaccount:monitoring:prometheus",
    "uid": "7d",
    "groups": ["system:serviceaccounts", "system:authenticated"],
    "extra": {"authentication.kubernetes.io/pod-name": ["prometheus-0"]},
}


@pytest.fixture
async def reviews(scripted: ScriptedServer) -> AsyncIterator[Reviews]:
    scripted.users["token"] = PROMETHEUS
    api = api_of(scripted)
    yield Reviews(api)
    await api.close()


def says(status: Object) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.json_response(await request.json() | {"status": status}, status=201)

    return answer


async def test_a_token_is_somebodys_or_nobodys(reviews: Reviews) -> None:
    assert await reviews.user_of("token") == User.model_validate(PROMETHEUS)
    assert await reviews.user_of("stranger") is None


async def test_the_server_is_asked_as_its_api_documents_it(
    reviews: Reviews, scripted: ScriptedServer
) -> None:
    user = await reviews.user_of("token", ["netwatch"])
    assert user
    await reviews.may(user, "get", "/metrics")
    theirs = {("user" if key == "username" else key): value for key, value in PROMETHEUS.items()}
    assert scripted.reviews == [
        {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": "token", "audiences": ["netwatch"]},
        },
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {"nonResourceAttributes": {"verb": "get", "path": "/metrics"}} | theirs,
        },
    ]


@pytest.mark.parametrize(
    ("audiences", "is_known"),
    [(["netwatch"], True), (["a", "netwatch"], True), (["api"], False), ([], False), (None, False)],
)
async def test_a_token_for_others_is_nobodys(
    reviews: Reviews, scripted: ScriptedServer, audiences: list[str] | None, *, is_known: bool
) -> None:
    """A server that knows of no audiences does not look at them: it says which ones it did."""
    status = {"authenticated": True, "user": PROMETHEUS, "audiences": audiences}
    scripted.next_reviews.append(says(status))
    assert (await reviews.user_of("token", ["netwatch"]) is not None) is is_known


@pytest.mark.parametrize(
    "status",
    [{}, {"authenticated": False, "user": PROMETHEUS}, {"authenticated": True, "user": {}}],
)
async def test_who_is_not_said_to_be_somebody_is_nobody(
    reviews: Reviews, scripted: ScriptedServer, status: Object
) -> None:
    scripted.next_reviews.append(says(status))
    assert await reviews.user_of("token") is None


async def test_a_user_may_do_what_was_granted(reviews: Reviews, scripted: ScriptedServer) -> None:
    scripted.grants.add((str(PROMETHEUS["username"]), "get", "/metrics"))
    user = User.model_validate(PROMETHEUS)
    assert await reviews.may(user, "get", "/metrics")
    assert not await reviews.may(user, "post", "/metrics")
    assert not await reviews.may(user, "get", "/config")
    assert not await reviews.may(User(username="somebody"), "get", "/metrics")


async def test_whoever_is_denied_may_not(reviews: Reviews, scripted: ScriptedServer) -> None:
    scripted.next_reviews.append(says({"allowed": True, "denied": True}))
    assert not await reviews.may(User(username="a"), "get", "/metrics")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>please log in</html>",
        b"{}",
        b'{"status": {"authenticated": "true"}, "spec": {"token": "hunter2"}}',
        b'{"status": {"allowed": 1, "user": "hunter2"}, "spec": {"token": "hunter2"}}',
    ],
)
async def test_what_is_no_review_is_an_error_that_does_not_repeat_it(
    reviews: Reviews, scripted: ScriptedServer, body: bytes
) -> None:
    scripted.next_reviews += [streams(body)] * 2
    with pytest.raises(MalformedAnswerError, match="expected a TokenReview") as caught:
        await reviews.user_of("hunter2")
    assert "hunter2" not in str(caught.value)
    with pytest.raises(MalformedAnswerError, match="expected a SubjectAccessReview"):
        await reviews.may(User(username="a"), "get", "/metrics")


async def test_an_answer_without_end_is_an_error(
    reviews: Reviews, scripted: ScriptedServer
) -> None:
    scripted.next_reviews.append(streams(*[b" " * 2**20] * 2))
    with pytest.raises(MalformedAnswerError, match="more than 1048576 bytes"):
        await reviews.user_of("token")


async def test_a_refusal_is_an_error(reviews: Reviews, scripted: ScriptedServer) -> None:
    scripted.next_reviews.append(refuses(403, "may not create tokenreviews"))
    with pytest.raises(ApiError, match="may not create tokenreviews"):
        await reviews.user_of("token")


class Answering(Api):
    """An API server that says the same to everything."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def post(self, path: str, document: Mapping[str, Any], *, silent_seconds: float) -> bytes:
        del path, document, silent_seconds
        return self._body


@given(st.binary())
async def test_no_bytes_let_anybody_in(body: bytes) -> None:
    with pytest.raises(MalformedAnswerError):
        await Reviews(Answering(body)).user_of("token")
    with pytest.raises(MalformedAnswerError):
        await Reviews(Answering(body)).may(User(username="a"), "get", "/metrics")

import base64

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, TypeAdapter, ValidationError

from netwatch.web.basicauth import BasicAuth, BcryptHash, credentials
from netwatch.web.passwords import PasswordChecker, TooManyPasswordsError

HASH = "$2b$04$p0eMXkAemAFZY7laBvYti.mDxZkvQHG6.9JAkvFVfH47.3oQY5sbC"  # of "pässword:1"


class CountingChecker(PasswordChecker):
    """Counts how often bcrypt is needed."""

    def __init__(self) -> None:
        super().__init__()
        self.checks = 0

    async def matches(self, password: bytes, hashed: bytes) -> bool:
        self.checks += 1
        return await super().matches(password, hashed)


class BusyChecker(PasswordChecker):
    async def matches(self, password: bytes, hashed: bytes) -> bool:
        del password, hashed
        raise TooManyPasswordsError


def request(authorization: str | None) -> web.Request:
    headers = {} if authorization is None else {"Authorization": authorization}
    return make_mocked_request("GET", "/", headers=headers)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def authentication(checker: PasswordChecker | None = None) -> BasicAuth:
    return BasicAuth({"älice": SecretStr(HASH)}, checker or PasswordChecker())


@pytest.mark.parametrize(
    ("authorization", "admitted"),
    [
        (basic("älice", "pässword:1"), True),
        (basic("älice", "pässword:1").replace("Basic", "bAsIc"), True),
        (basic("älice", "pässword:2"), False),
        (basic("älice", ""), False),
        (basic("alice", "pässword:1"), False),
        (basic("", ""), False),
        ("Basic", False),
        ("Basic ?", False),
        ("Basic é", False),
        ("Bearer " + basic("älice", "pässword:1")[6:], False),
        (None, False),
    ],
)
async def test_the_right_password_of_a_known_user_is_admitted(
    authorization: str | None, *, admitted: bool
) -> None:
    assert await authentication().admits(request(authorization)) is admitted


async def test_a_password_that_was_right_is_known_again_and_a_wrong_one_is_not() -> None:
    checker = CountingChecker()
    way = authentication(checker)
    for _ in range(3):
        assert await way.admits(request(basic("älice", "pässword:1")))
    assert checker.checks == 1
    for _ in range(2):
        assert not await way.admits(request(basic("älice", "wrong")))
    assert checker.checks == 3


async def test_an_unknown_user_costs_what_a_known_one_costs() -> None:
    checker = CountingChecker()
    assert not await authentication(checker).admits(request(basic("nobody", "pässword:1")))
    assert checker.checks == 1


async def test_who_cannot_be_judged_now_is_asked_to_come_again() -> None:
    with pytest.raises(web.HTTPServiceUnavailable) as refused:
        await authentication(BusyChecker()).admits(request(basic("älice", "pässword:1")))
    assert refused.value.headers["Retry-After"] == "5"


@given(st.text())
def test_no_header_is_an_error(text: str) -> None:
    assert credentials(text) is None or ":" not in text


@given(st.binary(), st.binary())
def test_credentials_are_what_was_sent(user: bytes, password: bytes) -> None:
    user = user.replace(b":", b"")
    header = "Basic " + base64.b64encode(user + b":" + password).decode()
    assert credentials(header) == (user, password)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("hunter2", r"found something else, expected a bcrypt hash such as \$2y\$10"),
        (7, "found something else, expected a bcrypt hash"),
        (HASH.replace("$04$", "$17$"), "found a cost of 17, expected 4 to 16"),
        (HASH.replace("$04$", "$03$"), "found a cost of 3, expected 4 to 16"),
    ],
)
def test_what_is_no_hash_is_refused_without_repeating_it(value: object, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(BcryptHash).validate_python(value)

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from netwatch.compat.blackbox.http import HttpModule
from netwatch.compat.blackbox.kind import MASK
from tests.compat.blackbox.oracle import Series, ours
from tests.http_server import site


async def sent(section: dict[str, Any]) -> str:
    """Return the request that a module makes."""
    module = {"prober": "http", "http": section}
    async with ours({"m": module}) as prober, site() as server:
        found = await prober.probe(module="m", target=f"127.0.0.1:{server.port}")
        assert found[Series("probe_success", ())] == 1
        return server.requests[0].decode()


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ({"basic_auth": {"username": "me", "password": "x"}}, "Authorization: Basic bWU6eA=="),
        ({"authorization": {"credentials": "x"}}, "Authorization: Bearer x"),
        ({"authorization": {"type": "Token", "credentials": "x"}}, "Authorization: Token x"),
        ({"bearer_token": "x"}, "Authorization: Bearer x"),
        ({"headers": {"X-Mode": "live"}}, "X-Mode: live"),
        ({"http_headers": {"X-Mode": {"values": ["live"]}}}, "X-Mode: live"),
        ({"http_headers": {"X-Key": {"secrets": ["x"]}}}, "X-Key: x"),
        ({"headers": {"Host": "wiki.example:80"}}, "Host: wiki.example:80"),
        ({"compression": "gzip"}, "Accept-Encoding: gzip"),
        ({"compression": "gzip", "headers": {"Accept-Encoding": "br"}}, "Accept-Encoding: br"),
    ],
)
async def test_each_key_is_sent(section: dict[str, Any], line: str) -> None:
    assert f"\r\n{line}\r\n" in await sent(section)


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ({"basic_auth": {"username": "me", "password_file": "$"}}, "Authorization: Basic bWU6eA=="),
        ({"authorization": {"credentials_file": "$"}}, "Authorization: Bearer x"),
        ({"bearer_token_file": "$"}, "Authorization: Bearer x"),
        ({"http_headers": {"X-Key": {"files": ["$"]}}}, "X-Key: x"),
        ({"method": "POST", "body_file": "$"}, "Content-Length: 2"),
    ],
)
async def test_what_stands_in_a_file_is_sent(
    section: dict[str, Any], line: str, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("x\n")

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        return str(tmp_path / "secret") if value == "$" else value

    assert f"\r\n{line}\r\n" in await sent(filled(section))


async def test_a_file_that_is_not_there_is_our_own_trouble() -> None:
    section = {"bearer_token_file": "/nowhere/token"}
    async with ours({"m": {"prober": "http", "http": section}}) as prober, site() as server:
        status, text = await prober.ask(module="m", target=f"127.0.0.1:{server.port}")
    assert status == 500
    assert "/nowhere/token: No such file or directory" in text
    assert server.requests == []


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"authorization": {"type": "Basic", "credentials": "x"}}, "expected basic_auth"),
        (
            {"authorization": {"type": "Token", "credentials_file": "x"}},
            "found credentials_file with type Token, expected type Bearer",
        ),
        ({"http_headers": {"X": {"values": ["a", "b"]}}}, "found 2 values, expected one"),
        ({"http_headers": {"X": {}}}, "found 0 values, expected one"),
        (
            {"basic_auth": {"username": "me"}, "bearer_token": "x"},
            "found basic_auth and bearer_token, expected one of them",
        ),
        ({"headers": {"X": "a\r\nY: b"}}, "found a line break"),
    ],
)
def test_what_cannot_be_sent_is_refused(section: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        HttpModule.model_validate(section)


def test_what_may_be_secret_is_masked() -> None:
    section = {"headers": {"authorization": "Digest x", "X-Key": "x", "host": "wiki"}, "body": "x"}
    shown = HttpModule.model_validate(section).model_dump(exclude_unset=True)
    headers = {"authorization": MASK, "X-Key": MASK, "host": "wiki"}
    assert shown == {"headers": headers, "body": MASK}

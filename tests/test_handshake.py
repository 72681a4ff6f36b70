import asyncio
import ssl
from pathlib import Path

import pytest

from netwatch.attempt import Attempt, make_attempt
from netwatch.handshake import shake_hands
from netwatch.model import Outcome, Result
from netwatch.net.connect import connect
from netwatch.net.stream import Stream
from netwatch.net.tls import TlsContexts, TlsOptions
from tests.certificates import Authority
from tests.nouns import a_target
from tests.tcp_server import says_nothing, tcp_server


class ShakesHands:
    """A probe that does a handshake, and nothing else; `again` is where a second one is made."""

    def __init__(self, port: int, options: TlsOptions, again: int = 0) -> None:
        self._port = port
        self._options = options
        self._again = again or port

    async def measure(self, attempt: Attempt) -> None:
        async def connect_again() -> Stream:
            return await connect("127.0.0.1", self._again)

        with await connect("127.0.0.1", self._port) as stream:
            await shake_hands(
                attempt,
                stream,
                TlsContexts(),
                self._options,
                host="localhost",
                connect_again=connect_again,
            )


async def shaken(
    server: ssl.SSLContext, options: TlsOptions, *, timeout_seconds: float = 20, again: int = 0
) -> Result:
    async with tcp_server(says_nothing, context=server) as port:
        probe = ShakesHands(port, options, again)
        return await make_attempt(probe, a_target(), timeout_seconds)


async def test_a_handshake_is_a_phase_and_tells_its_facts(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    result = await shaken(authority.server(), TlsOptions(ca_file=authority.ca_file))
    assert (result.outcome, list(result.phases)) == (Outcome.OK, ["tls"])
    assert result.values["tls_verified"] == 1


async def test_a_refused_certificate_fails_the_attempt_and_is_looked_at(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    result = await shaken(theirs.server(), TlsOptions(ca_file=ours.ca_file))
    assert (result.outcome, result.phase) == (Outcome.TLS, "tls")
    assert result.values["tls_verification_error"] == {"unknown_ca": 1}
    assert "tls_not_after" in result.values


@pytest.mark.virtual_time
async def test_a_deadline_during_the_second_look_does_not_hide_what_failed(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    looked_at = asyncio.Event()

    async def hangs(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        looked_at.set()
        await says_nothing(reader, writer)

    async with tcp_server(hangs) as hanging:
        # Less than the second look may take.
        result = await shaken(
            theirs.server(), TlsOptions(ca_file=ours.ca_file), timeout_seconds=0.5, again=hanging
        )
    assert looked_at.is_set()
    assert (result.outcome, result.phase) == (Outcome.TLS, "tls")
    assert "certificate" in result.detail
    assert result.values == {"tls_verified": 0, "tls_verification_error": {"unknown_ca": 1}}

import asyncio
import socket
import ssl
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from netwatch.attempt import make_attempt
from netwatch.endpoint import Endpoint
from netwatch.model import Outcome, Result, Target
from netwatch.net.resolver import Answer, NameUnknown
from netwatch.probe import Services
from netwatch.probes.tcp import TcpOptions
from tests.certificates import LONG_AGO, TOMORROW, YESTERDAY, Authority
from tests.nouns import a_check
from tests.tcp_server import Handler, ends, one_tls_handshake, says_nothing, tcp_server

SMTP = [
    {"expect": "^220 ([^ ]+) ESMTP", "send": "EHLO prober"},
    {"expect": "^250-STARTTLS"},
    {"expect": "^250 ", "send": "STARTTLS"},
    {"expect": "^220", "starttls": True},
    {"send": "EHLO prober"},
    {"expect": "^250 AUTH", "send": "QUIT"},
]


async def resolve(host: str) -> Answer:
    if host != "localhost":
        raise NameUnknown(f"{host}: nobody knows it")
    return Answer(("127.0.0.1",), (), ttl_seconds=60)


async def attempt(
    target_port: int, host: str = "localhost", *, notes: list[str] | None = None, **options: Any
) -> Result:
    chosen = TcpOptions.model_validate(options)
    endpoint = Endpoint(name=host, host=host, port=target_port)
    return await make_attempt(
        chosen.open(Services(resolve=resolve)),
        Target(a_check(), endpoint),
        chosen.timeout,
        note=(notes if notes is not None else []).append,
        expects_failure=chosen.expect == "fail",
    )


def smtp(context: ssl.SSLContext, *, before_tls: bytes = b"") -> Handler:
    """A mail server that wants TLS; `before_tls` is sent with its agreement to begin."""

    async def server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        assert await reader.readuntil() == b"EHLO prober\r\n"
        writer.write(b"250-mail.example\r\n250-STARTTLS\r\n250 SIZE 1000\r\n")
        assert await reader.readuntil() == b"STARTTLS\r\n"
        writer.write(b"220 go ahead\r\n" + before_tls)
        await writer.start_tls(context)
        assert await reader.readuntil() == b"EHLO prober\r\n"
        writer.write(b"250-mail.example\r\n250 AUTH PLAIN\r\n")
        assert await reader.readuntil() == b"QUIT\r\n"

    return server


async def test_an_open_port_answers() -> None:
    async with tcp_server(ends) as port:
        result = await attempt(port)
    assert result.outcome is Outcome.OK
    assert list(result.phases) == ["resolve", "connect"]
    assert result.values == {}


async def test_the_port_may_stand_in_the_options() -> None:
    async with tcp_server(ends) as port:
        assert (await attempt(0, port=port)).outcome is Outcome.OK
        assert (await attempt(port, port=1)).outcome is Outcome.OK
    result = await attempt(0)
    assert result.outcome is Outcome.LOCAL
    assert "found no port" in result.detail


async def test_a_closed_port_refuses_while_connecting() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        result = await attempt(port)
        assert (result.outcome, result.phase) == (Outcome.REFUSED, "connect")
        assert (await attempt(port, expect="fail")).outcome is Outcome.OK


async def test_a_name_without_an_address_fails_to_resolve() -> None:
    result = await attempt(25, "elsewhere.example")
    assert (result.outcome, result.phase) == (Outcome.RESOLVE, "resolve")
    assert "nobody knows it" in result.detail


async def test_tls_is_a_phase_and_tells_its_facts(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with tcp_server(ends, context=authority.server()) as port:
        result = await attempt(port, transport="tls", tls={"ca_file": authority.ca_file})
    assert result.outcome is Outcome.OK
    assert list(result.phases) == ["resolve", "connect", "tls"]
    assert result.values["tls_verified"] == 1
    assert result.values["tls_not_after"] == TOMORROW.timestamp()


@pytest.mark.parametrize(
    ("server", "host", "reason", "said"),
    [
        ({"not_after": YESTERDAY}, "localhost", "certificate_expired", "certificate has expired"),
        ({}, "127.0.0.1", "hostname_mismatch", "IP address mismatch"),
        ({"not_before": TOMORROW}, "localhost", "not_yet_valid", "not yet valid"),
    ],
)
async def test_a_refused_certificate_says_why_and_when_it_expires(
    tmp_path: Path, server: dict[str, Any], host: str, reason: str, said: str
) -> None:
    authority = Authority(tmp_path)
    not_after = server.pop("not_after", TOMORROW.replace(year=2100))
    context = authority.server("localhost", not_after=not_after, **server)
    async with tcp_server(ends, context=context) as port:
        result = await attempt(port, host, transport="tls", tls={"ca_file": authority.ca_file})
    assert (result.outcome, result.phase) == (Outcome.TLS, "tls")
    assert said in result.detail
    assert result.values["tls_verification_error"] == {reason: 1}
    assert result.values["tls_not_after"] == not_after.timestamp()


async def test_an_authority_that_is_not_believed_is_a_refusal(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path, "ours"), Authority(tmp_path, "theirs")
    async with tcp_server(ends, context=theirs.server()) as port:
        refused = await attempt(port, transport="tls", tls={"ca_file": ours.ca_file})
        ignored = await attempt(port, transport="tls", tls={"verify": False})
    assert refused.outcome is Outcome.TLS
    assert refused.values["tls_verification_error"] == {"unknown_ca": 1}
    assert ignored.outcome is Outcome.OK


async def test_a_server_that_wants_a_certificate_of_ours_gets_it(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.server(clients_of=authority)
    certificate, key = authority.client()
    tls = {"ca_file": authority.ca_file}
    dialogue = [{"expect": "never"}]
    with one_tls_handshake(context) as told:
        result = await attempt(told.port, transport="tls", tls=tls, dialogue=dialogue)
    assert (result.outcome, result.phase) == (Outcome.TLS, "dialogue")
    assert "CERTIFICATE_REQUIRED" in result.detail
    with one_tls_handshake(context) as told:
        tls |= {"certificate_file": certificate, "key_file": key}
        result = await attempt(told.port, transport="tls", tls=tls)
    assert result.outcome is Outcome.OK


async def test_a_file_that_cannot_be_read_is_our_own_fault(tmp_path: Path) -> None:
    async with tcp_server(says_nothing) as port:
        tls = {"ca_file": str(tmp_path / "missing.pem")}
        result = await attempt(port, transport="tls", tls=tls)
    assert result.outcome is Outcome.LOCAL
    assert "missing.pem: No such file" in result.detail


async def test_a_mail_server_is_followed_into_tls_and_out_again(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    notes: list[str] = []
    async with tcp_server(smtp(authority.server())) as port:
        tls = {"ca_file": authority.ca_file}
        result = await attempt(port, tls=tls, dialogue=SMTP, notes=notes)
    assert result.outcome is Outcome.OK, result.detail
    assert list(result.phases) == ["resolve", "connect", "dialogue", "tls"]
    assert result.values["tcp_dialogue_steps"] == len(SMTP)
    assert result.values["tls_verified"] == 1
    assert notes[:4] == [
        "localhost is 127.0.0.1",
        f"connected to 127.0.0.1 port {port}",
        "wait for a line that matches ^220 ([^ ]+) ESMTP",
        'received "220 mail.example ESMTP"',
    ]
    assert "negotiated TLSv1.3 with localhost" in notes


async def test_a_refused_certificate_is_looked_at_after_starttls_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    context = authority.server(not_before=LONG_AGO, not_after=YESTERDAY)
    async with tcp_server(smtp(context)) as port:
        tls = {"ca_file": authority.ca_file}
        result = await attempt(port, tls=tls, dialogue=SMTP)
    assert (result.outcome, result.phase) == (Outcome.TLS, "tls")
    assert result.values["tcp_dialogue_steps"] == 3
    assert result.values["tls_verification_error"] == {"certificate_expired": 1}
    assert result.values["tls_not_after"] == YESTERDAY.timestamp()


async def test_a_server_that_takes_one_connection_at_a_time_is_looked_at_too(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    one_at_a_time = asyncio.Lock()
    context = authority.server(not_after=YESTERDAY)

    async def busy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with one_at_a_time:
            writer.write(b"220 ready\r\n")
            await writer.start_tls(context)
            await reader.read()

    async with tcp_server(busy) as port:
        dialogue = [{"expect": "^220", "starttls": True}]
        result = await attempt(port, tls={"ca_file": authority.ca_file}, dialogue=dialogue)
    assert result.outcome is Outcome.TLS
    assert result.values["tls_not_after"] == YESTERDAY.timestamp()


async def test_words_smuggled_in_before_tls_are_a_fault(tmp_path: Path) -> None:
    server = smtp(Authority(tmp_path).server(), before_tls=b"250 trust me\r\n")
    async with tcp_server(server) as port:
        result = await attempt(port, tls={"verify": False}, dialogue=SMTP)
    assert result.outcome is Outcome.PROTOCOL
    assert "250 trust me" in result.detail


async def test_how_far_the_dialogue_came_is_told() -> None:
    async def busy(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n421 too busy\r\n")
        await writer.drain()

    async with tcp_server(busy) as port:
        result = await attempt(port, dialogue=SMTP)
    assert (result.outcome, result.phase) == (Outcome.MISMATCH, "dialogue")
    assert 'found "421 too busy", expected a line that matches' in result.detail
    assert result.values["tcp_dialogue_steps"] == 1


async def test_a_reset_in_the_middle_of_a_dialogue_is_told_as_such() -> None:
    async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        await reader.readline()
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async with tcp_server(resets) as port:
        result = await attempt(port, dialogue=SMTP)
    assert (result.outcome, result.phase) == (Outcome.RESET, "dialogue")


@pytest.mark.virtual_time
@pytest.mark.parametrize(
    ("options", "phase"),
    [({"dialogue": [{"expect": "220"}]}, "dialogue"), ({"transport": "tls"}, "tls")],
)
async def test_a_tarpit_is_left_at_the_deadline(options: Mapping[str, Any], phase: str) -> None:
    async with tcp_server(says_nothing) as port:
        result = await attempt(port, timeout="60s", tls={"verify": False}, **options)
    assert (result.outcome, result.phase) == (Outcome.TIMEOUT, phase)


@pytest.mark.virtual_time
async def test_a_byte_a_second_is_too_slow_for_a_short_timeout_alone() -> None:
    async def slow(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in b"220 ready\r\n":
            await asyncio.sleep(1)
            writer.write(bytes([byte]))

    dialogue = [{"expect": "^220 ready$"}]
    async with tcp_server(slow) as port:
        patient = await attempt(port, dialogue=dialogue, timeout="20s")
        hasty = await attempt(port, dialogue=dialogue, timeout="5s")
    assert patient.outcome is Outcome.OK
    assert (hasty.outcome, hasty.phase) == (Outcome.TIMEOUT, "dialogue")


@pytest.mark.parametrize(("line_end", "ending"), [("crlf", b"\r\n"), ("lf", b"\n"), ("none", b"")])
async def test_the_end_of_a_line_is_ours_to_choose(line_end: str, ending: bytes) -> None:
    heard: list[bytes] = []

    async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(100))
        writer.write(b"PONG")

    async with tcp_server(listens) as port:
        dialogue = [{"send": "PING"}, {"expect": "PONG"}]
        await attempt(port, dialogue=dialogue, line_end=line_end)
    assert heard == [b"PING" + ending]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"transport": "tls", "dialogue": [{"starttls": True}]}, "TLS inside of TLS"),
        ({"dialogue": [{"starttls": True}] * 2}, "TLS inside of TLS"),
        ({"dialogue": [{"send": "${1}"}]}, "expected an expect before"),
        ({"source_address": "here"}, "expected an IP address"),
        ({"port": 65536}, "less than or equal to 65535"),
        ({"tls": {"key_file": "key.pem"}}, "expected certificate_file with it"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], expected: str) -> None:
    with pytest.raises(ValidationError, match=expected):
        TcpOptions.model_validate(options)

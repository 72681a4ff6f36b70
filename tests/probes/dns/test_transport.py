import asyncio
from pathlib import Path

import dns.message
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from netwatch.model import Outcome, Result
from netwatch.probes.dns.transport import TransportOptions
from tests.certificates import LONG_AGO, YESTERDAY, Authority
from tests.net.dns_server import cut_off, dns_server, silence
from tests.probes.dns.asking import WIKI, ask
from tests.tcp_server import tcp_server
from tests.virtual_loop import VirtualTimeLoop

JUDGED = {Outcome.TIMEOUT, Outcome.PROTOCOL, Outcome.MISMATCH, Outcome.RESET, Outcome.OK}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_a_truncated_answer_is_asked_for_again_by_tcp() -> None:
    async with dns_server() as server:
        server.zone, server.twist = WIKI, cut_off
        result = await ask(server.port)
    assert result.outcome is Outcome.OK
    assert list(result.phases) == ["resolve", "request", "connect"]
    assert result.values["dns_truncated"] == 1
    assert result.values["dns_flags"] == {"aa": 0, "tc": 0, "ra": 0, "ad": 0}


async def test_a_truncated_answer_that_nobody_has_by_tcp_is_a_failure() -> None:
    async with dns_server(tcp=False) as server:
        server.zone, server.twist = WIKI, cut_off
        result = await ask(server.port)
    assert (result.outcome, result.phase) == (Outcome.REFUSED, "connect")
    assert result.values["dns_truncated"] == 1


async def test_tcp_alone_asks_nothing_by_udp() -> None:
    async with dns_server() as server:
        server.zone, server.twist = WIKI, silence
        result = await ask(server.port, {"transport": "tcp"})
        assert server.asked == ["wiki.example."]
    assert result.outcome is Outcome.OK
    assert list(result.phases) == ["resolve", "connect", "request"]
    assert "dns_truncated" not in result.values


@pytest.mark.parametrize("options", [{"transport": "tcp"}, {}])
async def test_the_trace_says_when_it_is_connected(options: dict[str, str]) -> None:
    told: list[str] = []
    async with dns_server() as server:
        server.zone, server.twist = WIKI, cut_off
        await ask(server.port, options, told=told)
        assert f"connected to 127.0.0.1 port {server.port}" in told


async def test_tls_tells_its_phase_and_the_facts_of_the_certificate(authority: Authority) -> None:
    async with dns_server(context=authority.server()) as server:
        server.zone = WIKI
        options = {"transport": "tls", "tls": {"ca_file": authority.ca_file}}
        result = await ask(server.port, options, host="localhost")
    assert result.outcome is Outcome.OK
    assert list(result.phases) == ["resolve", "connect", "tls", "request"]
    assert result.values["tls_verified"] == 1
    assert result.values["dns_rcode"] == {"NOERROR": 1}


async def test_an_expired_certificate_is_a_failure_that_says_when_it_expired(
    authority: Authority,
) -> None:
    expired = authority.server(not_before=LONG_AGO, not_after=YESTERDAY)
    async with dns_server(context=expired) as server:
        server.zone = WIKI
        options = {"transport": "tls", "tls": {"ca_file": authority.ca_file}}
        result = await ask(server.port, options)
        assert server.asked == []
    assert (result.outcome, result.phase) == (Outcome.TLS, "tls")
    assert result.values["tls_verification_error"] == {"certificate_expired": 1}
    assert result.values["tls_not_after"] == YESTERDAY.timestamp()


async def test_the_certificate_must_be_for_the_name_that_is_asked_for(authority: Authority) -> None:
    async with dns_server(context=authority.server("dns.example")) as server:
        server.zone = WIKI
        tls = {"ca_file": authority.ca_file}
        options = {"transport": "tls", "tls": tls}
        named = {"transport": "tls", "tls": {**tls, "server_name": "dns.example"}}
        assert (await ask(server.port, options)).outcome is Outcome.TLS
        assert (await ask(server.port, named)).outcome is Outcome.OK


async def test_a_server_that_does_not_speak_tls_is_told_as_tls() -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 a mail server\r\n")
        await reader.read()

    async with tcp_server(greets) as port:
        result = await ask(port, {"transport": "tls", "tls": {"verify": False}})
    assert (result.outcome, result.phase) == (Outcome.TLS, "tls")


async def test_a_port_where_nobody_listens_refuses_at_once(refusing_port: int) -> None:
    for transport in ("udp", "tcp"):
        result = await ask(refusing_port, {"transport": transport})
        assert result.outcome is Outcome.REFUSED


@pytest.mark.virtual_time
async def test_a_lost_packet_is_a_failure_where_nothing_is_sent_again() -> None:
    async with dns_server() as server:
        server.zone, server.twist = WIKI, silence
        result = await ask(server.port)
        assert len(server.queries) == 1
    assert result.outcome is Outcome.TIMEOUT


@pytest.mark.virtual_time
async def test_a_lost_packet_is_sent_again_as_the_same_query_and_counted() -> None:
    async with dns_server() as server:

        def deaf_twice(answer: dns.message.Message) -> list[bytes]:
            return [] if len(server.queries) < 3 else [answer.to_wire()]

        server.zone, server.twist = WIKI, deaf_twice
        told: list[str] = []
        started = asyncio.get_running_loop().time()
        result = await ask(server.port, {"retransmit": 3, "timeout": "4s"}, told=told)
        assert asyncio.get_running_loop().time() - started == pytest.approx(2)
        assert len({query.id for query in server.queries}) == 1
    assert result.outcome is Outcome.OK
    assert result.values["dns_retransmissions"] == 2
    assert told.count("no answer yet; asking again") == 2


@pytest.mark.virtual_time
async def test_silence_to_the_end_ends_at_the_deadline_with_all_that_was_sent() -> None:
    async with dns_server() as server:
        server.zone, server.twist = WIKI, silence
        result = await ask(server.port, {"retransmit": 2})
        assert len(server.queries) == 3
    assert result.outcome is Outcome.TIMEOUT
    assert result.values["dns_retransmissions"] == 2


async def test_replies_to_something_else_are_ignored_and_counted() -> None:
    def strangers_first(answer: dns.message.Message) -> list[bytes]:
        right = answer.to_wire()
        wrong_id = (answer.id ^ 1).to_bytes(2) + right[2:]
        wrong_question = right.replace(b"wiki", b"evil")
        return [b"\xff" * 12, wrong_id, wrong_question, right]

    async with dns_server() as server:
        server.zone, server.twist = WIKI, strangers_first
        result = await ask(server.port)
    assert result.outcome is Outcome.OK
    assert result.values["dns_ignored_replies"] == 3


@pytest.mark.virtual_time
async def test_only_replies_to_something_else_are_no_answer() -> None:
    async with dns_server() as server:
        server.zone = WIKI
        server.twist = lambda answer: [(answer.id ^ 1).to_bytes(2) + answer.to_wire()[2:]]
        result = await ask(server.port)
    assert result.outcome is Outcome.TIMEOUT
    assert result.values["dns_ignored_replies"] == 1


async def test_a_reply_to_something_else_by_tcp_is_the_servers_fault() -> None:
    async with dns_server() as server:
        server.stream_twist = lambda answer: (answer.id ^ 1).to_bytes(2) + answer.to_wire()[2:]
        result = await ask(server.port, {"transport": "tcp"})
    assert result.outcome is Outcome.PROTOCOL
    assert result.detail == "malformed reply: it answers something else (request)"


@pytest.mark.parametrize("length", [0, 1, 2, 20])
async def test_a_connection_that_is_closed_early_was_reset(length: int) -> None:
    async with dns_server() as server:
        server.zone, server.stream_bytes = WIKI, length
        result = await ask(server.port, {"transport": "tcp"})
    assert (result.outcome, result.phase) == (Outcome.RESET, "request")


async def test_a_source_address_of_another_host_is_our_own_trouble() -> None:
    for transport in ("udp", "tcp"):
        result = await ask(53, {"source_address": "192.0.2.1", "transport": transport})
        assert result.outcome is Outcome.LOCAL
        assert "cannot send from 192.0.2.1" in result.detail


async def test_the_source_address_is_the_one_that_is_asked_for() -> None:
    async with dns_server() as server:
        server.zone = WIKI
        await ask(server.port, {"source_address": "127.0.0.9"})
        assert server.clients == ["127.0.0.9"]


def test_what_is_no_address_is_said_of_its_key() -> None:
    with pytest.raises(ValidationError, match="expected an IP address"):
        TransportOptions(source_address="eth0")


def test_each_transport_has_its_port() -> None:
    told: list[str] = []

    async def all_ways() -> list[Result]:
        return [
            await ask(0, {"transport": transport, "timeout": "10ms"}, host="127.0.0.99", told=told)
            for transport in ("udp", "tcp", "tls")
        ]

    asyncio.run(all_ways())
    assert told[0] == "asking 127.0.0.99 port 53 by udp"
    assert "asking 127.0.0.99 port 53 by tcp" in told
    assert "asking 127.0.0.99 port 853 by tls" in told


@settings(max_examples=50, deadline=None)
@given(
    garbage=st.binary(max_size=300),
    keeps=st.sampled_from([0, 2]),
    transport=st.sampled_from(["udp", "tcp"]),
)
def test_whatever_a_server_sends_it_is_judged(garbage: bytes, keeps: int, transport: str) -> None:
    async def garbled() -> Result:
        def garble(answer: dns.message.Message) -> bytes:
            return answer.to_wire()[:keeps] + garbage

        async with dns_server() as server:
            server.twist = lambda answer: [garble(answer)]
            server.stream_twist = garble
            return await ask(server.port, {"transport": transport})

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        assert runner.run(garbled()).outcome in JUDGED

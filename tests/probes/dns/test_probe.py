import asyncio
import gc

import dns.message
import dns.rcode
import pytest

from netwatch.model import Outcome
from tests.net.dns_server import dns_server, silence
from tests.probes.dns.asking import WIKI, ask


async def test_an_answer_is_a_success_with_its_figures() -> None:
    async with dns_server() as server:
        server.zone = WIKI
        result = await ask(server.port)
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert list(result.phases) == ["resolve", "request"]
    assert result.values == {
        "dns_rcode": {"NOERROR": 1},
        "dns_flags": {"aa": 0, "tc": 0, "ra": 0, "ad": 0},
        "dns_records": {"answer": 1, "authority": 0, "additional": 0},
        "dns_minimum_ttl": 300,
        "dns_truncated": 0,
        "dns_retransmissions": 0,
    }


async def test_the_steps_are_noted() -> None:
    told: list[str] = []
    async with dns_server() as server:
        server.zone = WIKI
        await ask(server.port, told=told)
    assert told == [
        f"asking 127.0.0.1 port {server.port} by udp",
        "NOERROR, flags qr rd; answer 1, authority 0, additional 0",
        "wiki.example.\t300\tIN\tA\t127.0.0.7",
    ]


async def test_a_server_may_be_asked_by_ipv6() -> None:
    async with dns_server("::1") as server:
        server.zone = WIKI
        assert (await ask(server.port, host="::1")).outcome is Outcome.OK


async def test_a_server_may_be_a_name_that_is_resolved_each_time() -> None:
    async with dns_server() as server:
        server.zone = WIKI
        assert (await ask(server.port, host="localhost")).outcome is Outcome.OK


async def test_a_server_whose_name_is_gone_is_not_asked() -> None:
    result = await ask(53, host="gone.example")
    assert (result.outcome, result.phase) == (Outcome.RESOLVE, "resolve")
    assert result.detail == "gone.example: 127.0.0.1 said NXDOMAIN (resolve)"


@pytest.mark.parametrize("rcode", dns.rcode.Rcode, ids=lambda rcode: rcode.name)
async def test_every_response_code_but_noerror_breaks_the_expectation(
    rcode: dns.rcode.Rcode,
) -> None:
    async with dns_server() as server:
        server.rcodes["wiki.example."] = rcode
        result = await ask(server.port)
    assert result.values["dns_rcode"] == {rcode.name: 1}
    if rcode is dns.rcode.NOERROR:
        assert result.outcome is Outcome.OK
    else:
        assert result.outcome is Outcome.MISMATCH
        assert result.detail == f"found {rcode.name}, expected NOERROR (request)"


async def test_a_name_may_be_expected_not_to_exist() -> None:
    async with dns_server() as server:
        result = await ask(server.port, {"valid_rcodes": ["NXDOMAIN"]})
    assert result.outcome is Outcome.OK


async def test_what_is_expected_of_the_records_is_the_detail_where_they_break_it() -> None:
    async with dns_server() as server:
        server.zone = WIKI
        result = await ask(server.port, {"answer": {"some": [r"10\.96\.0\.1$"]}})
    assert result.outcome is Outcome.MISMATCH
    assert (
        result.detail == r"found in section answer: no record that matches 10\.96\.0\.1$ (request)"
    )


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("damage", [b"", b"\0", b"\xff" * 40])
async def test_a_damaged_reply_is_the_servers_fault(transport: str, damage: bytes) -> None:
    def damaged(answer: dns.message.Message) -> bytes:
        return answer.to_wire()[:20] + damage

    async with dns_server() as server:
        server.zone = WIKI
        server.twist = lambda answer: [damaged(answer)]
        server.stream_twist = damaged
        result = await ask(server.port, {"transport": transport})
    assert result.outcome is Outcome.PROTOCOL
    assert result.detail.startswith("malformed reply: ")


@pytest.mark.virtual_time
async def test_a_silent_server_is_a_timeout() -> None:
    async with dns_server() as server:
        server.zone, server.twist = WIKI, silence
        result = await ask(server.port)
    assert (result.outcome, result.phase) == (Outcome.TIMEOUT, "request")
    assert "dns_rcode" not in result.values


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_an_attempt_may_be_cancelled_at_any_moment(transport: str) -> None:
    async with dns_server() as server:
        server.twist = silence
        for steps in range(12):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(ask(server.port, {"transport": transport}), name="ask")
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
    gc.collect()  # an unclosed socket is an error here

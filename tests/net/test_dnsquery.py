import asyncio

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from netwatch.net.dnsquery import QueryError, Records, ask
from tests.net.dns_server import cut_off, dns_server, silence
from tests.scarcity import no_more_files

WIKI = {"wiki.example.": ["300 A 127.0.0.7", "300 AAAA ::7"]}


async def test_each_family_is_asked_for_on_its_own() -> None:
    async with dns_server() as server:
        server.zone = WIKI
        ipv4 = await ask("127.0.0.1", server.port, "wiki.example", 4)
        ipv6 = await ask("127.0.0.1", server.port, "wiki.example", 6)
    assert ipv4 == Records(("127.0.0.7",), 300, "1 addresses")
    assert ipv6.addresses == ("::7",)


async def test_a_server_is_asked_by_ipv6_too() -> None:
    async with dns_server("::1") as server:
        server.zone = WIKI
        assert (await ask("::1", server.port, "wiki.example", 4)).addresses == ("127.0.0.7",)


async def test_a_chain_of_aliases_is_followed_and_its_smallest_ttl_kept() -> None:
    async with dns_server() as server:
        server.zone = {
            "wiki.example.": ["300 CNAME lb.example."],
            "lb.example.": ["20 CNAME node.example."],
            "node.example.": ["60 A 127.0.0.7"],
        }
        records = await ask("127.0.0.1", server.port, "wiki.example", 4)
    assert (records.addresses, records.ttl_seconds) == (("127.0.0.7",), 20)


async def test_an_alias_of_itself_is_a_malformed_answer() -> None:
    async with dns_server() as server:

        def loop(answer: dns.message.Message) -> list[bytes]:
            for one, other in (("wiki", "lb"), ("lb", "wiki")):
                names = (f"{one}.example.", 60, "IN", "CNAME", f"{other}.example.")
                answer.answer.append(dns.rrset.from_text(*names))
            answer.set_rcode(dns.rcode.NOERROR)
            return [answer.to_wire()]

        server.twist = loop
        with pytest.raises(QueryError, match="malformed answer"):
            await ask("127.0.0.1", server.port, "wiki.example", 4)


async def test_an_unknown_name_has_no_addresses() -> None:
    async with dns_server() as server:
        records = await ask("127.0.0.1", server.port, "wiki.example", 4)
    assert (records.addresses, records.said) == ((), "NXDOMAIN")


async def test_a_name_without_addresses_of_the_family_is_told_from_an_unknown_one() -> None:
    async with dns_server() as server:
        server.zone = {"wiki.example.": ["300 A 127.0.0.7"]}
        records = await ask("127.0.0.1", server.port, "wiki.example", 6)
    assert (records.addresses, records.said) == ((), "no addresses")


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.REFUSED, dns.rcode.FORMERR])
async def test_a_server_that_does_not_know_says_nothing_of_the_name(rcode: dns.rcode.Rcode) -> None:
    async with dns_server() as server:
        server.rcodes["wiki.example."] = rcode
        records = await ask("127.0.0.1", server.port, "wiki.example", 4)
    assert (records.addresses, records.said) == (None, dns.rcode.to_text(rcode))


async def test_a_truncated_answer_is_asked_for_again_by_tcp() -> None:
    async with dns_server() as server:
        many = [f"127.0.{number // 250}.{number % 250}" for number in range(1000)]
        server.zone = {"wiki.example.": [f"300 A {address}" for address in many]}
        server.twist = cut_off
        records = await ask("127.0.0.1", server.port, "wiki.example", 4)
    assert sorted(records.addresses or ()) == sorted(many)


async def test_what_is_no_answer_to_this_question_is_passed_over() -> None:
    def strangers_first(answer: dns.message.Message) -> list[bytes]:
        right = answer.to_wire()
        wrong_id = (answer.id ^ 1).to_bytes(2) + right[2:]
        wrong_question = right.replace(b"wiki", b"evil").replace(b"\x00\x00\x07", b"\x00\x00\x66")
        return [b"", b"\xff" * 12, wrong_id, wrong_question, right]

    async with dns_server() as server:
        server.zone, server.twist = WIKI, strangers_first
        records = await ask("127.0.0.1", server.port, "wiki.example", 4)
    assert records.addresses == ("127.0.0.7",)


async def test_a_damaged_answer_to_this_very_question_is_the_reason() -> None:
    async with dns_server() as server:
        server.zone, server.twist = WIKI, lambda answer: [answer.to_wire()[:-1]]
        with pytest.raises(QueryError, match="malformed answer"):
            await ask("127.0.0.1", server.port, "wiki.example", 4)


async def test_a_port_where_nobody_listens_is_told_at_once(refusing_port: int) -> None:
    with pytest.raises(QueryError, match="Connection refused"):
        await ask("127.0.0.1", refusing_port, "wiki.example", 4)


async def test_an_interface_that_is_not_there_is_the_reason() -> None:
    with pytest.raises(QueryError, match=r"[Nn]o interface|No such device"):
        await ask("fe80::1%not-there", 53, "wiki.example", 4)


async def test_having_no_more_files_is_our_own_fault_and_a_silent_port_is_not(
    refusing_port: int,
) -> None:
    with pytest.raises(QueryError) as refused:
        await ask("127.0.0.1", refusing_port, "wiki.example", 4)
    with no_more_files(), pytest.raises(QueryError, match="Too many open files") as caught:
        await ask("127.0.0.1", refusing_port, "wiki.example", 4)
    assert (refused.value.is_local, caught.value.is_local) == (False, True)


@pytest.mark.parametrize("length", [0, 1, 2, 20])
async def test_a_connection_that_is_cut_is_the_reason(length: int) -> None:
    async with dns_server() as server:
        server.zone, server.twist, server.stream_bytes = WIKI, cut_off, length
        with pytest.raises(QueryError, match="closed before the answer was complete"):
            await ask("127.0.0.1", server.port, "wiki.example", 4)


async def test_a_strange_answer_by_tcp_is_the_reason() -> None:
    async with dns_server() as server:
        server.zone, server.twist = WIKI, cut_off
        server.stream_twist = lambda answer: (answer.id ^ 1).to_bytes(2) + answer.to_wire()[2:]
        with pytest.raises(QueryError, match="malformed answer, or one to something else"):
            await ask("127.0.0.1", server.port, "wiki.example", 4)


async def test_a_server_that_does_not_listen_by_tcp_is_the_reason() -> None:
    async with dns_server(tcp=False) as server:
        server.zone, server.twist = WIKI, cut_off
        with pytest.raises(QueryError, match="Connection refused"):
            await ask("127.0.0.1", server.port, "wiki.example", 4)


async def test_an_answer_cut_within_a_record_is_asked_for_again_by_tcp() -> None:
    def cut_within(answer: dns.message.Message) -> list[bytes]:
        answer.flags |= dns.flags.TC
        return [answer.to_wire()[:-2]]

    async with dns_server() as server:
        server.zone, server.twist = WIKI, cut_within
        records = await ask("127.0.0.1", server.port, "wiki.example", 4)
    assert records.addresses == ("127.0.0.7",)


async def test_a_name_too_long_for_dns_is_asked_of_nobody() -> None:
    records = await ask("127.0.0.1", 53, "x." * 200, 4)
    assert records.addresses == ()
    assert records.said.startswith("not a DNS name")


async def test_asking_may_be_cancelled_at_any_moment() -> None:
    async with dns_server() as server:
        server.twist = silence
        for steps in range(5):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(ask("127.0.0.1", server.port, "wiki.example", 4), name="a")
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()

import asyncio
import gc
import math
import subprocess
import sys
from pathlib import Path

import dns.message
import dns.rcode
import pytest

from netwatch.model import Outcome, ProbeError
from netwatch.net.resolver import Answer, NameUnknown, Resolver, ResolverFailed
from tests.net.dns_server import cut_off, dns_server, silence
from tests.scarcity import no_more_files


class System:
    """A resolv.conf and a hosts file of our own."""

    def __init__(self, folder: Path) -> None:
        self.resolv_conf, self.hosts = folder / "resolv.conf", folder / "hosts"
        self.resolv_conf.write_text("nameserver 127.0.0.1\n")
        self.hosts.write_text("127.0.0.1 localhost\n::1 localhost\n")

    def resolver(self, port: int = 53) -> Resolver:
        return Resolver(resolv_conf=self.resolv_conf, hosts=self.hosts, port=port)


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.7", Answer(("127.0.0.7",), (), math.inf)),
        ("0::1", Answer((), ("::1",), math.inf)),
        ("fe80::1%eth0", Answer((), ("fe80::1%eth0",), math.inf)),
    ],
)
async def test_an_address_is_itself(system: System, host: str, answer: Answer) -> None:
    system.resolv_conf.unlink()
    assert await system.resolver().resolve(host) == answer


@pytest.mark.parametrize("host", ["localhost", "LocalHost", "localhost."])
async def test_the_hosts_file_comes_before_any_server(system: System, host: str) -> None:
    async with dns_server() as server:
        answer = await system.resolver(server.port).resolve(host)
        assert (answer.ipv4, answer.ipv6) == (("127.0.0.1",), ("::1",))
        assert server.asked == []


async def test_both_families_come_with_the_smaller_ttl(system: System) -> None:
    async with dns_server() as server:
        server.zone = {"wiki.example.": ["300 A 127.0.0.7", "60 AAAA ::7"]}
        answer = await system.resolver(server.port).resolve("wiki.example")
    assert answer == Answer(("127.0.0.7",), ("::7",), 60)


async def test_search_domains_are_tried_in_their_order(system: System) -> None:
    system.resolv_conf.write_text("nameserver 127.0.0.1\nsearch a.example b.example\n")
    async with dns_server() as server:
        server.zone = {"wiki.b.example.": ["300 A 127.0.0.7"], "wiki.": ["300 A 127.0.0.66"]}
        answer = await system.resolver(server.port).resolve("wiki")
        assert answer.ipv4 == ("127.0.0.7",)
        assert list(dict.fromkeys(server.asked)) == ["wiki.a.example.", "wiki.b.example."]


async def test_a_name_that_no_search_domain_has_is_unknown_with_all_that_was_said(
    system: System,
) -> None:
    system.resolv_conf.write_text("nameserver 127.0.0.1\nsearch a.example\n")
    async with dns_server() as server:
        server.zone = {"wiki.a.example.": []}
        with pytest.raises(NameUnknown) as caught:
            await system.resolver(server.port).resolve("wiki")
    assert str(caught.value) == (
        "wiki.a.example: 127.0.0.1 said no addresses; wiki: 127.0.0.1 said NXDOMAIN"
    )


async def test_a_name_is_not_unknown_while_a_server_is_unsure_of_one_domain(
    system: System,
) -> None:
    system.resolv_conf.write_text("nameserver 127.0.0.1\nsearch a.example\n")
    async with dns_server() as server:
        server.rcodes["wiki.a.example."] = dns.rcode.SERVFAIL
        with pytest.raises(ResolverFailed, match=r"wiki.a.example: 127.0.0.1 said SERVFAIL; wiki"):
            await system.resolver(server.port).resolve("wiki")
        server.zone = {"wiki.": ["300 A 127.0.0.7"]}
        answer = await system.resolver(server.port).resolve("wiki")
    assert answer.ipv4 == ("127.0.0.7",)


async def test_a_family_that_the_server_is_unsure_of_does_not_hide_the_other(
    system: System,
) -> None:
    async with dns_server() as server:
        server.zone = {"wiki.example.": ["300 A 127.0.0.7"]}

        def broken_ipv6(answer: dns.message.Message) -> list[bytes]:
            if not answer.answer:
                answer.set_rcode(dns.rcode.SERVFAIL)
            return [answer.to_wire()]

        server.twist = broken_ipv6
        answer = await system.resolver(server.port).resolve("wiki.example")
    assert (answer.ipv4, answer.ipv6) == (("127.0.0.7",), None)
    assert answer.problem == "wiki.example: 127.0.0.1 said SERVFAIL"


async def test_the_second_server_answers_where_the_first_refuses(system: System) -> None:
    system.resolv_conf.write_text("nameserver 127.0.0.1\nnameserver 127.0.0.2\n")
    async with dns_server("127.0.0.2") as server:
        server.zone = {"wiki.example.": ["300 A 127.0.0.7"]}
        answer = await system.resolver(server.port).resolve("wiki.example")
    assert answer.ipv4 == ("127.0.0.7",)


async def test_the_second_server_answers_where_the_first_is_silent(system: System) -> None:
    system.resolv_conf.write_text("nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions timeout:1\n")
    async with dns_server() as dead, dns_server("127.0.0.2", dead.port) as server:
        dead.twist = silence
        server.zone = {"wiki.example.": ["300 A 127.0.0.7"]}
        answer = await system.resolver(server.port).resolve("wiki.example")
        assert dead.asked
    assert answer.ipv4 == ("127.0.0.7",)


@pytest.mark.virtual_time
async def test_silence_ends_after_all_attempts_at_all_servers(system: System) -> None:
    system.resolv_conf.write_text(
        "nameserver 127.0.0.1\nnameserver 127.0.0.2\n"
        "search a.example b.example\noptions timeout:3 attempts:2\n"
    )
    async with dns_server() as one, dns_server("127.0.0.2", one.port) as other:
        one.twist = other.twist = silence
        started = asyncio.get_running_loop().time()
        with pytest.raises(ResolverFailed) as caught:
            await system.resolver(one.port).resolve("wiki")
        assert asyncio.get_running_loop().time() - started == pytest.approx(3 * 2 * 2)
    assert str(caught.value) == (
        "wiki.a.example: 127.0.0.1 gave no answer in 3s, 127.0.0.2 gave no answer in 3s"
    )


async def test_rotation_spreads_names_over_the_servers(system: System) -> None:
    system.resolv_conf.write_text("nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions rotate\n")
    async with dns_server() as one, dns_server("127.0.0.2", one.port) as other:
        one.zone = other.zone = {"wiki.example.": ["300 A 127.0.0.7"]}
        resolver = system.resolver(one.port)
        await resolver.resolve("wiki.example")
        await resolver.resolve("wiki.example")
        assert len(one.asked) == len(other.asked) == 2


async def test_a_truncated_answer_is_complete_in_the_end(system: System) -> None:
    async with dns_server() as server:
        server.zone = {"wiki.example.": [f"300 A 127.0.0.{number}" for number in range(100)]}
        server.twist = cut_off
        answer = await system.resolver(server.port).resolve("wiki.example")
    assert len(answer.ipv4 or ()) == 100


async def test_another_resolv_conf_is_noticed(system: System) -> None:
    async with dns_server() as server:
        server.zone = {"wiki.a.example.": ["300 A 127.0.0.7"]}
        resolver = system.resolver(server.port)
        with pytest.raises(NameUnknown):
            await resolver.resolve("wiki")
        system.resolv_conf.write_text("nameserver 127.0.0.1\nsearch a.example\n")
        assert (await resolver.resolve("wiki")).ipv4 == ("127.0.0.7",)


async def test_another_hosts_file_is_noticed(system: System) -> None:
    async with dns_server() as server:
        resolver = system.resolver(server.port)
        with pytest.raises(NameUnknown):
            await resolver.resolve("wiki")
        system.hosts.write_text("127.0.0.7 wiki\n")
        assert (await resolver.resolve("wiki")).ipv4 == ("127.0.0.7",)
        system.hosts.unlink()
        with pytest.raises(NameUnknown):
            await resolver.resolve("wiki")


async def test_without_a_resolv_conf_the_resolver_fails_and_says_why(system: System) -> None:
    system.resolv_conf.unlink()
    with pytest.raises(ResolverFailed, match=r"resolv.conf: No such file or directory"):
        await system.resolver().resolve("wiki")


async def test_without_a_server_the_resolver_fails_and_says_why(system: System) -> None:
    system.resolv_conf.write_text("search a.example\n")
    with pytest.raises(ResolverFailed, match=r"resolv.conf: found no name server"):
        await system.resolver().resolve("wiki")


async def test_a_resolver_that_cannot_ask_has_not_heard_that_the_network_fails(
    system: System,
) -> None:
    async with dns_server() as server:
        server.zone = {"wiki.example.": ["300 A 127.0.0.7"]}
        resolver = system.resolver(server.port)
        for _ in range(2):  # then the files have been read
            await resolver.resolve("wiki.example")
        with no_more_files(), pytest.raises(ProbeError, match="Too many open files") as caught:
            await resolver.resolve("wiki.example")
    assert caught.value.outcome is Outcome.LOCAL


async def test_cancelling_leaves_no_socket_behind(system: System) -> None:
    async with dns_server() as server:
        server.twist = silence
        for steps in range(8):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(
                    system.resolver(server.port).resolve("wiki.example"), name="resolve"
                )
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
    gc.collect()  # an unclosed socket is an error here


def test_it_works_under_uvloop_too(system: System) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def resolve() -> Answer:
        async with dns_server() as server:
            server.zone = {"wiki.example.": [f"300 A 127.0.0.{number}" for number in range(100)]}
            server.twist = cut_off
            return await system.resolver(server.port).resolve("wiki.example")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop, debug=True) as runner:
        assert len(runner.run(resolve()).ipv4 or ()) == 100


def test_dnspython_is_not_imported_before_a_name_is_asked_for() -> None:
    code = "import sys, netwatch.net.resolver; sys.exit('dns' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

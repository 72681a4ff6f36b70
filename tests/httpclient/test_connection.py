import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from netwatch.attempt import make_attempt
from netwatch.model import Outcome
from netwatch.net.resolver import Answer
from netwatch.net.tls import TlsContexts
from netwatch.probe import Services
from netwatch.probes.http.probe import HttpOptions, HttpProbe
from tests.certificates import Authority
from tests.http_server import at, everything_is_here, probed, redirect, says, site
from tests.tcp_server import tcp_server


def options(**values: object) -> HttpOptions:
    return HttpOptions.model_validate(values)


async def nobody_asks(host: str) -> Answer:
    raise AssertionError(f"asked for {host}")


async def test_an_address_needs_no_name_server() -> None:
    async with site() as server:
        result = await probed(f"http://127.0.0.1:{server.port}/", resolve=nobody_asks)
    assert result.outcome is Outcome.OK


@pytest.mark.parametrize(("fixed", "outcome"), [(False, Outcome.OK), (True, Outcome.RESOLVE)])
async def test_where_a_redirect_leads_is_reached_by_the_other_family_unless_one_is_asked_for(
    *, fixed: bool, outcome: Outcome
) -> None:
    async def resolve(host: str) -> Answer:
        here = host == "wiki.example"
        return Answer(() if here else ("127.0.0.1",), ("::1",) if here else (), ttl_seconds=60)

    async with (
        site() as old,
        tcp_server(says(redirect(f"http://old:{old.port}/")), address="::1") as port,
    ):
        target = at(f"http://wiki.example:{port}/", address="::1", family=6)
        target.endpoint = replace(target.endpoint, is_family_fixed=fixed)
        result = await make_attempt(options().open(Services(resolve)), target, timeout_seconds=5)
    assert (result.outcome, len(old.requests)) == (outcome, 0 if fixed else 1)


async def test_the_family_of_a_target_is_not_that_of_its_proxy() -> None:
    async with site() as proxy:
        target = at("http://wiki.example/", address="::1", family=6)
        target.endpoint = replace(target.endpoint, is_family_fixed=True)
        probe = options(proxy=f"http://proxy.example:{proxy.port}").open(
            Services(everything_is_here)
        )
        result = await make_attempt(probe, target, timeout_seconds=5)
    assert result.outcome is Outcome.OK


@pytest.mark.parametrize("family", [4, 6])
async def test_the_family_of_the_target_is_used_while_its_name_has_it(family: int) -> None:
    async def both(host: str) -> Answer:
        del host
        return Answer(("127.0.0.1",), ("::1",), ttl_seconds=60)

    address = {4: "127.0.0.1", 6: "::1"}[family]
    async with tcp_server(says(b"HTTP/1.1 204 Here\r\n\r\n"), address=address) as port:
        target = at(f"http://wiki.example:{port}/", address=address, family=family)
        target.endpoint = replace(target.endpoint, is_family_fixed=True)
        probe = options().open(Services(both))
        assert (await make_attempt(probe, target, timeout_seconds=5)).outcome is Outcome.OK


async def test_it_connects_from_the_address_that_is_asked_for() -> None:
    peers: list[str] = []

    async def look(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername")[0])
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 Seen\r\n\r\n")

    async with tcp_server(look) as port:
        url = f"http://127.0.0.1:{port}/"
        result = await probed(url, options(source_address="127.0.0.9"))
        elsewhere = await probed(url, options(source_address="192.0.2.1"))
    assert (result.outcome, peers) == (Outcome.OK, ["127.0.0.9"])
    assert elsewhere.outcome is Outcome.LOCAL


async def test_a_port_where_nobody_listens_refuses() -> None:
    async with site() as server:
        port = server.port
    result = await probed(f"http://127.0.0.1:{port}/")
    assert (result.outcome, result.phase) == (Outcome.REFUSED, "connect")


async def test_a_proxy_is_asked_for_the_whole_url_and_resolves_it() -> None:
    async def only_the_proxy(host: str) -> Answer:
        assert host == "proxy.example"
        return Answer(("127.0.0.1",), (), ttl_seconds=60)

    async with site() as proxy:
        result = await probed(
            "http://wiki.example/a?b",
            options(
                proxy=f"http://proxy.example:{proxy.port}", proxy_headers={"X-Proxy": "hunter2"}
            ),
            resolve=only_the_proxy,
        )
    assert result.outcome is Outcome.OK
    head = proxy.requests[0]
    assert head.startswith(b"GET http://wiki.example/a?b HTTP/1.1\r\nHost: wiki.example\r\n")
    assert b"X-Proxy: hunter2\r\n" in head


@dataclass
class TunnelProxy:
    """Connects to the port that is asked for, on loopback."""

    asked: bytes = b""
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = await reader.readuntil(b"\r\n\r\n")
        port = int(self.asked.split(b" ")[1].rpartition(b":")[2])
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        async with asyncio.TaskGroup() as group:
            group.create_task(_pass_on(reader, far_writer), name="to the server")
            group.create_task(_pass_on(far_reader, writer), name="from the server")
        await far_writer.wait_closed()
        self.ended.set()


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(4096):
        sink.write(data)
    sink.close()


async def test_a_proxy_passes_tls_on_to_the_server(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    proxy = TunnelProxy()
    context = authority.server("wiki.example")
    async with site(context=context) as server, tcp_server(proxy.handle) as port:
        result = await probed(
            f"https://wiki.example:{server.port}/",
            options(
                proxy=f"http://127.0.0.1:{port}",
                proxy_headers={"X-Proxy": "hunter2"},
                tls={"ca_file": authority.ca_file},
            ),
            resolve=nobody_asks,
        )
        await proxy.ended.wait()
    assert (result.outcome, result.detail) == (Outcome.OK, "")
    assert proxy.asked.startswith(f"CONNECT wiki.example:{server.port} HTTP/1.1\r\n".encode())
    assert b"X-Proxy: hunter2\r\n" in proxy.asked
    assert b"hunter2" not in server.requests[0]
    assert list(result.phases) == ["resolve", "connect", "tls", "processing", "transfer"]


async def test_a_proxy_may_refuse() -> None:
    async with tcp_server(says(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")) as port:
        result = await probed(
            "https://wiki.example/", options(proxy=f"http://127.0.0.1:{port}"), resolve=nobody_asks
        )
    assert (result.outcome, result.phase) == (Outcome.BLOCKED, "connect")
    assert result.detail == "the proxy answered with status 403 (connect)"


async def test_the_proxy_of_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")
    async with site() as server:
        assert (await probed(f"http://127.0.0.1:{server.port}/")).outcome is Outcome.OK


async def test_a_link_local_address_keeps_the_interface_that_its_source_knows() -> None:
    asked: list[str] = []
    target = at("http://[::1]:9/", address="::1", family=6)
    target.endpoint = replace(target.endpoint, address="::1%lo")
    probe = HttpProbe(options(), nobody_asks, TlsContexts(), allow=asked.append)
    await make_attempt(probe, target, timeout_seconds=5)
    assert asked == ["::1%lo"]

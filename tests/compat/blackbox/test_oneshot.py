"""What holds for every probe: where it may go, what time it has, and whom it blames."""

import asyncio
from typing import Any

import pytest

from netwatch.compat.blackbox.allowlist import AllowList
from netwatch.compat.blackbox.modules import Module
from netwatch.compat.blackbox.oneshot import (
    ForbiddenTargetError,
    Order,
    OwnTroubleError,
    Tools,
    probe,
)
from netwatch.compat.blackbox.report import Report
from netwatch.model import Outcome, Target
from netwatch.net.ping.engine import PingOptions
from netwatch.net.ping.single import Reply
from netwatch.net.resolver import Answer, NameUnknown
from netwatch.wire.network import parse_network
from tests.http_server import redirect, site
from tests.tcp_server import Handler, says_nothing, tcp_server

Names = dict[str, list[str]]


def module(prober: str, **section: Any) -> Module:
    return Module.model_validate({"prober": prober, prober: section})


def tools(names: Names, pinged: Reply | None = None) -> Tools:
    """Resolve each name to its addresses, one after the other; answer each ping like this."""

    async def resolve(host: str) -> Answer:
        try:
            addresses = names.get(host, [host])
            address = addresses.pop(0) if len(addresses) > 1 else addresses[0]
        except IndexError:
            raise NameUnknown(f"{host}: no such name") from None
        is_ipv6 = ":" in address
        return Answer(() if is_ipv6 else (address,), (address,) if is_ipv6 else (), 0)

    async def ping(target: Target, options: PingOptions) -> Reply:
        del target, options
        assert pinged
        return pinged

    return Tools(resolve, ping)


async def shot(
    target: str,
    asked: Module,
    allow: str = "127.0.0.1",
    *,
    lent: Tools | None = None,
    timeout_seconds: float = 5,
    trace: list[str] | None = None,
) -> Report:
    order = Order(
        target=target,
        module=asked,
        timeout_seconds=timeout_seconds,
        allowed=AllowList((parse_network(allow),)),
    )
    return await probe(order, lent or tools({}), (trace if trace is not None else []).append)


def counting(seen: list[int]) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader, writer
        seen.append(1)

    return handle


PROBERS = [
    module("tcp"),
    module("http"),
    module("grpc"),
    module("dns", query_name="x", transport_protocol="tcp"),
]


@pytest.mark.parametrize("asked", PROBERS, ids=lambda asked: asked.prober)
@pytest.mark.parametrize("host", ["127.0.0.1", "here.example", "[::ffff:127.0.0.1]"])
async def test_no_packet_goes_where_it_is_not_allowed(asked: Module, host: str) -> None:
    seen: list[int] = []
    lent = tools({"here.example": ["127.0.0.1"]})
    async with tcp_server(counting(seen)) as port:
        with pytest.raises(ForbiddenTargetError, match=r"1 is not in compat\.blackbox"):
            await shot(f"{host}:{port}", asked, "127.0.0.2", lent=lent)
        await asyncio.sleep(0)
    assert seen == []


async def test_no_ping_goes_where_it_is_not_allowed() -> None:
    with pytest.raises(ForbiddenTargetError):
        await shot("127.0.0.1", module("icmp"), "127.0.0.2")


@pytest.mark.parametrize("asked", PROBERS, ids=lambda asked: asked.prober)
async def test_a_name_that_resolves_differently_the_second_time_leads_to_its_first_address(
    asked: Module,
) -> None:
    seen: list[int] = []
    lent = tools({"rebind.example": ["127.0.0.9", "127.0.0.1"]})
    async with tcp_server(counting(seen)) as port:
        report = await shot(f"rebind.example:{port}", asked, "127.0.0.0/8", lent=lent)
        await asyncio.sleep(0)
    # Nobody listens at the first address, and the second is never asked.
    assert report.values["probe_success"] == 0
    assert seen == []


@pytest.mark.parametrize("where", ["http://127.0.0.2", "http://there.example", "//[::1]"])
async def test_a_redirect_leads_nowhere_that_is_not_allowed(where: str) -> None:
    seen: list[int] = []
    lent = tools({"there.example": ["127.0.0.2"]})
    async with site() as server, tcp_server(counting(seen), address="127.0.0.2") as port:
        server.pages["/"] = redirect(f"{where}:{port}/")
        with pytest.raises(ForbiddenTargetError, match=r"127\.0\.0\.2|::1"):
            await shot(f"127.0.0.1:{server.port}", module("http"), lent=lent)
        await asyncio.sleep(0)
    assert server.paths == ["/"]
    assert seen == []


async def test_a_redirect_to_a_name_that_is_known_leads_to_the_address_that_was_checked() -> None:
    lent = tools({"wiki.example": ["127.0.0.1", "127.0.0.2"]})
    async with site() as server:
        server.pages["/"] = redirect(f"http://wiki.example:{server.port}/next")
        report = await shot(f"wiki.example:{server.port}", module("http"), lent=lent)
    assert report.values["probe_success"] == 1
    assert server.paths == ["/", "/next"]


@pytest.mark.parametrize("asked", PROBERS, ids=lambda asked: asked.prober)
async def test_every_probe_ends_at_its_deadline(asked: Module) -> None:
    async with tcp_server(says_nothing) as port:
        target = f"127.0.0.1:{port}"
        if asked.prober == "tcp":
            asked = module("tcp", query_response=[{"expect": "x"}])
        report = await shot(target, asked, timeout_seconds=0.1)
    assert report.values["probe_success"] == 0
    assert report.values["probe_timeout_seconds"] == 0.1


async def test_the_deadline_counts_from_the_lookup_on() -> None:
    async def never(host: str) -> Answer:
        del host
        await asyncio.Event().wait()
        raise AssertionError

    lent = Tools(never, tools({}).ping)
    trace: list[str] = []
    report = await shot("x.example:1", module("tcp"), lent=lent, timeout_seconds=0.1, trace=trace)
    assert report.values["probe_success"] == 0
    assert report.values["probe_ip_protocol"] == 0
    assert trace[-1] == "failed: timeout: no answer within 0.1 s (resolve)"


async def test_our_own_fault_is_not_blamed_on_the_target() -> None:
    lent = tools({}, Reply(Outcome.LOCAL, float("nan"), 0, "no socket left"))
    with pytest.raises(OwnTroubleError, match="no socket left"):
        await shot("127.0.0.1", module("icmp"), lent=lent)


async def test_a_bug_of_ours_is_logged_once_and_blames_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def broken(target: Target, options: PingOptions) -> Reply:
        raise RuntimeError(target, options)

    lent = Tools(tools({}).resolve, broken)
    for _ in range(2):
        with pytest.raises(OwnTroubleError, match="bug of netwatch: RuntimeError"):
            await shot("127.0.0.1", module("icmp"), lent=lent)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_a_name_without_an_address_fails_and_says_why() -> None:
    trace: list[str] = []
    report = await shot("x.example:1", module("tcp"), lent=tools({"x.example": []}), trace=trace)
    assert report.values["probe_success"] == 0
    assert trace == ["failed: resolve: x.example: no such name (resolve)"]


async def test_ipv6_is_preferred_unless_the_module_says_otherwise() -> None:
    async def both(host: str) -> Answer:
        del host
        return Answer(("127.0.0.1",), ("::1",), 0)

    lent = Tools(both, tools({}).ping)
    async with tcp_server(says_nothing, address="::1") as port:
        report = await shot(f"x.example:{port}", module("tcp"), "::1", lent=lent)
        ipv4 = module("tcp", preferred_ip_protocol="ip4")
        with pytest.raises(ForbiddenTargetError, match=r"127\.0\.0\.1"):
            await shot(f"x.example:{port}", ipv4, "::1", lent=lent)
    assert report.values["probe_ip_protocol"] == 6
    assert report.values["probe_success"] == 1

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from netwatch.sources.local import LocalOptions, LocalSource
from tests.sources.publisher import Published

pytestmark = pytest.mark.virtual_time

IPV4_ROUTES = (
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t07070707\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
)
ANY = "0" * 32
IPV6_ROUTES = f"{ANY} 00 {ANY} 00 fe80{'0' * 27}1 00000400 1 0 00000003     eth0\n"
IF_INET6 = f"{'0' * 31}1 01 80 10 80       lo\n"


class Node:
    """The files of a node."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "proc/net").mkdir(parents=True)
        (root / "etc").mkdir()
        self.write("etc/resolv.conf", "nameserver 10.96.0.10\nnameserver fe80::1%eth0\n")
        self.write("proc/net/route", IPV4_ROUTES)
        self.write("proc/net/ipv6_route", IPV6_ROUTES)
        self.write("proc/net/if_inet6", IF_INET6)

    def write(self, path: str, text: str) -> None:
        (self.root / path).write_text(text)

    def remove(self, *paths: str) -> None:
        for path in paths:
            (self.root / path).unlink()

    async def look(self, **options: Any) -> Published:
        """What a source with these options says first."""
        published = Published()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await self.source(**options).run(published)
        return published

    def source(self, **options: Any) -> LocalSource:
        return LocalSource(LocalOptions.model_validate(options), self.root)


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def said(published: Published) -> list[tuple[str, str]]:
    return [(endpoint.name, endpoint.host) for endpoint in published.snapshots[-1]]


async def test_gateways_are_named_after_their_interface(node: Node) -> None:
    assert said(await node.look(gateways=True)) == [
        ("gateway-eth0", "7.7.7.7"),
        ("gateway-eth0", "fe80::1%eth0"),
    ]


async def test_resolvers_are_named_after_their_address(node: Node) -> None:
    assert said(await node.look(resolvers=True)) == [
        ("resolver-10.96.0.10", "10.96.0.10"),
        ("resolver-fe80::1%eth0", "fe80::1%eth0"),
    ]


async def test_an_address_with_two_duties_is_two_targets_and_with_one_duty_one(node: Node) -> None:
    node.write("etc/resolv.conf", "nameserver 7.7.7.7\nnameserver 7.7.7.7\n")
    node.remove("proc/net/ipv6_route")
    assert said(await node.look(gateways=True, resolvers=True)) == [
        ("gateway-eth0", "7.7.7.7"),
        ("resolver-7.7.7.7", "7.7.7.7"),
    ]


async def test_loopback_is_both_families(node: Node) -> None:
    both = [("loopback", "127.0.0.1"), ("loopback", "::1")]
    assert said(await node.look(loopback="yes")) == both


@pytest.mark.parametrize("text", ["", "fe800000000000000000000000000001 02 40 20 80     eth0\n"])
async def test_loopback_is_ipv4_only_where_ipv6_is_off(node: Node, text: str) -> None:
    node.write("proc/net/if_inet6", text)
    assert said(await node.look(loopback="yes")) == [("loopback", "127.0.0.1")]


async def test_fallback_is_loopback_only_where_there_is_nothing_else(node: Node) -> None:
    options = {"gateways": True, "loopback": "fallback"}
    assert "loopback" not in (await node.look(**options)).names
    node.remove("proc/net/route", "proc/net/ipv6_route", "proc/net/if_inet6")
    assert (await node.look(**options)).names == ["loopback"]


async def test_a_family_that_is_switched_off_is_no_failure(node: Node) -> None:
    node.remove("proc/net/ipv6_route")
    published = await node.look(gateways=True)
    assert (len(published.snapshots[-1]), published.failures) == (1, [])


async def test_a_node_without_a_resolv_conf_has_no_name_servers(node: Node) -> None:
    node.remove("etc/resolv.conf")
    published = await node.look(gateways=True, resolvers=True)
    assert (published.names, published.failures) == (["gateway-eth0", "gateway-eth0"], [])


async def test_a_lost_resolv_conf_is_one_failure_until_it_is_back(node: Node) -> None:
    published = Published()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(node.source(resolvers=True).run(published), name="source")
        await asyncio.sleep(1)
        before = published.names
        node.remove("etc/resolv.conf")
        await asyncio.sleep(100)
        path = node.root / "etc/resolv.conf"
        assert published.failures == [f"{path}: No such file or directory"]
        assert published.names == before
        node.write("etc/resolv.conf", "nameserver 10.96.0.11\n")
        await asyncio.sleep(10)
        assert published.names == ["resolver-10.96.0.11"]
        running.cancel()


async def test_changes_are_seen_within_ten_seconds(node: Node) -> None:
    published = Published()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(node.source(gateways=True).run(published), name="source")
        await asyncio.sleep(1)
        node.remove("proc/net/ipv6_route")
        await asyncio.sleep(10)
        assert said(published) == [("gateway-eth0", "7.7.7.7")]
        running.cancel()


@pytest.mark.parametrize(
    "options", [{}, {"gateways": False}, {"loopback": "no"}, {"loopback": False}]
)
def test_asking_for_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="expected gateways, resolvers or loopback"):
        LocalOptions.model_validate(options)


def test_yes_may_be_written_plain() -> None:
    assert LocalOptions.model_validate({"loopback": True}).loopback == "yes"

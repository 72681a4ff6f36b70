import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from netwatch.model import Outcome
from netwatch.net.udpflow import UdpFlow
from netwatch.wire.udpecho import reply_to
from tests.namespaces import Namespace, connect
from tests.net.ping.pinging import until
from tests.net.udp_echoes import echoing, honest, scripted

PATIENCE_SECONDS = 20.0

Netns = Callable[[str], Namespace]


async def settled(flow: UdpFlow) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await flow.settled.wait()


def send_all(flow: UdpFlow, packets: int) -> None:
    for _ in range(packets):
        flow.send()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_every_request_comes_back_with_its_round_trip_time(host: str) -> None:
    with echoing(host) as echo:
        port = echo.addresses[0].port
        with UdpFlow(host, port, packets=5, size_bytes=64) as flow:
            send_all(flow, 5)
            await settled(flow)
    assert (flow.sent, flow.lost, flow.duplicates, flow.reordered) == (5, 0, 0, 0)
    assert sorted(flow.rtts) == [0, 1, 2, 3, 4]
    assert all(0 < rtt < PATIENCE_SECONDS for rtt in flow.rtts.values())
    assert flow.failure is None


async def test_a_busy_program_is_in_no_round_trip_time() -> None:
    with echo_thread() as port, UdpFlow("127.0.0.1", port, packets=1, size_bytes=64) as flow:
        flow.send()
        time.sleep(1)  # noqa: ASYNC251 - the loop does not get to read the reply
        await settled(flow)
    assert flow.rtts[0] < 0.9


async def test_second_replies_are_duplicates() -> None:
    with (
        scripted(lambda request: honest(request) * 3) as port,
        UdpFlow("127.0.0.1", port, packets=5, size_bytes=64) as flow,
    ):
        for _ in range(4):
            flow.send()
        await until(lambda: flow.duplicates == 8)
    assert len(flow.rtts) == 4


async def test_replies_that_were_overtaken_are_reordered() -> None:
    held: list[bytes] = []

    def backwards(request: bytes) -> list[bytes]:
        held.extend(honest(request))
        return held[::-1] if len(held) == 3 else []

    with (
        scripted(backwards) as port,
        UdpFlow("127.0.0.1", port, packets=3, size_bytes=64) as flow,
    ):
        send_all(flow, 3)
        await settled(flow)
    assert (flow.reordered, flow.lost) == (2, 0)


async def test_what_is_no_reply_to_us_counts_for_nothing() -> None:
    def strangers(request: bytes) -> list[bytes]:
        (right,) = honest(request)
        other_nonce = right[:16] + b"87654321" + right[24:]
        not_sent = right[:12] + (999).to_bytes(4) + right[16:]
        return [b"", b"hello", request, right[:-1], right + b"\0", other_nonce, not_sent, right]

    with (
        scripted(strangers) as port,
        UdpFlow("127.0.0.1", port, packets=2, size_bytes=64) as flow,
    ):
        send_all(flow, 2)
        await settled(flow)
    assert (sorted(flow.rtts), flow.duplicates, flow.reordered) == ([0, 1], 0, 0)


async def test_what_does_not_come_back_is_lost() -> None:
    with (
        scripted(lambda request: honest(request) if request[15] % 2 else []) as port,
        UdpFlow("127.0.0.1", port, packets=6, size_bytes=64) as flow,
    ):
        send_all(flow, 6)
        await until(lambda: len(flow.rtts) == 3)
    assert (flow.sent, flow.lost) == (6, 3)
    assert not flow.settled.is_set()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_port_where_nobody_listens_ends_the_flow_as_refused(host: str) -> None:
    with echoing(host) as echo:
        free = echo.addresses[0].port
    with UdpFlow(host, free, packets=5, size_bytes=64) as flow:
        flow.send()
        await settled(flow)
        flow.send()
    assert flow.failure
    assert (flow.failure.outcome, flow.failure.detail) == (Outcome.REFUSED, "port unreachable")
    assert flow.sent == 1


REJECTIONS = [
    ("icmp type host-unreachable", Outcome.UNREACHABLE, "no route to host"),
    ("icmp type admin-prohibited", Outcome.BLOCKED, "administratively prohibited"),
    ("icmpv6 type admin-prohibited", Outcome.BLOCKED, "administratively prohibited"),
    ("icmpv6 type no-route", Outcome.UNREACHABLE, "no route"),
]


@pytest.mark.netns
@pytest.mark.parametrize(("rejection", "outcome", "detail"), REJECTIONS)
async def test_what_icmp_says_is_the_failure(
    netns: Netns, rejection: str, outcome: Outcome, detail: str
) -> None:
    client, server = netns("client"), netns("server")
    connect(client, server)
    server.nft(f"add rule inet t input udp dport 9848 reject with {rejection}")
    host = "fd09:1::2" if "icmpv6" in rejection else "10.9.1.2"
    with client:
        flow = UdpFlow(host, 9848, packets=5, size_bytes=64)
    with flow:
        flow.send()
        await settled(flow)
    assert flow.failure
    assert (flow.failure.outcome, flow.failure.detail) == (outcome, detail)


@pytest.mark.netns
async def test_a_firewall_of_this_host_is_the_failure(netns: Netns) -> None:
    with netns("client") as client:
        client.nft("add rule inet t output udp dport 9848 drop")
        with UdpFlow("127.0.0.1", 9848, packets=5, size_bytes=64) as flow:
            flow.send()
    assert flow.failure
    assert flow.failure.outcome is Outcome.BLOCKED
    assert flow.failure.detail == "a firewall on this host refused the packet"
    assert (flow.sent, flow.lost) == (0, 0)


@pytest.mark.netns
async def test_a_datagram_larger_than_the_path_takes_arrives_in_fragments(netns: Netns) -> None:
    client, server = netns("client"), netns("server")
    connect(client, server)
    with echoing("", inside=server, port=9848):
        with client:
            flow = UdpFlow("10.9.1.2", 9848, packets=1, size_bytes=8000)
        with flow:
            flow.send()
            await settled(flow)
    assert flow.lost == 0


async def test_replies_that_our_own_socket_had_no_room_for_are_our_fault() -> None:
    with (
        echo_thread() as port,
        UdpFlow("127.0.0.1", port, packets=100, size_bytes=60_000) as flow,
    ):
        for _ in range(100):
            flow.send()
            time.sleep(0.002)  # noqa: ASYNC251 - the loop does not get to read the replies
        await asyncio.sleep(0.1)
        flow.finish()
    assert flow.failure
    assert flow.failure.outcome is Outcome.LOCAL
    assert "our socket had no room" in flow.failure.detail


async def test_without_losses_nothing_is_our_fault() -> None:
    with (
        echoing("127.0.0.1") as echo,
        UdpFlow("127.0.0.1", echo.addresses[0].port, packets=2, size_bytes=64) as flow,
    ):
        send_all(flow, 2)
        await settled(flow)
        flow.finish()
    assert flow.failure is None


async def test_a_reply_that_nobody_has_read_yet_is_not_lost() -> None:
    with echo_thread() as port, UdpFlow("127.0.0.1", port, packets=2, size_bytes=64) as flow:
        flow.send()
        time.sleep(1)  # noqa: ASYNC251 - the loop does not get to read the reply
        assert flow.lost == 1
        flow.finish()
    assert flow.lost == 0


async def test_an_address_without_a_route_is_told_at_once() -> None:
    with pytest.raises(OSError, match=r"[Nn]o interface|No such device"):
        UdpFlow("fe80::1%not-there", 9848, packets=1, size_bytes=64)


@contextmanager
def echo_thread() -> Iterator[int]:
    """Answer while the loop is busy; yield the port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.bind(("127.0.0.1", 0))

        def answer() -> None:
            while True:
                request, sender = opened.recvfrom(65_535)
                if not request:
                    return
                opened.sendto(reply_to(request) or b"", sender)

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield opened.getsockname()[1]
        finally:
            opened.sendto(b"", opened.getsockname())
            thread.join()

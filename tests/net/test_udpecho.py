import asyncio
import socket
from collections.abc import Callable
from typing import Self

import pytest
from pydantic import ValidationError

from netwatch.net.udpecho import UdpEcho, UdpEchoOptions
from netwatch.net.udpserver import UdpListenError
from netwatch.wire.listen import ListenAddress
from netwatch.wire.udpecho import decode_reply, echo_request
from tests.namespaces import Namespace, connect
from tests.net.ping.pinging import until
from tests.net.udp_echoes import echoing

REQUEST = echo_request(b"12345678", 7, 100)
PATIENCE_SECONDS = 20.0

Netns = Callable[[str], Namespace]


def nobody(_: str) -> bool:
    return False


def options(*listen: str, **others: object) -> UdpEchoOptions:
    return UdpEchoOptions.model_validate({"listen": list(listen), **others})


class Asker:
    """A socket that asks, and takes what comes from whatever address."""

    def __init__(self, host: str, port: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((host, port))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, datagram: bytes, address: ListenAddress) -> None:
        self.socket.sendto(datagram, address)

    async def answer(self) -> tuple[bytes, str]:
        async with asyncio.timeout(PATIENCE_SECONDS):
            data, sender = await asyncio.get_running_loop().sock_recvfrom(self.socket, 65_535)
        return data, sender[0]

    def has_an_answer(self) -> bool:
        try:
            self.socket.recv(1)
        except BlockingIOError:
            return False
        return True


async def counted(echo: UdpEcho, number: int) -> None:
    """Wait until so many datagrams were answered or not."""
    await until(lambda: echo.answered + echo.unanswered.total() >= number)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_request_is_answered_from_the_address_that_was_asked(host: str) -> None:
    with echoing(host) as echo, Asker(host) as asker:
        asker.send(REQUEST, echo.addresses[0])
        answer, sender = await asker.answer()
    reply = decode_reply(answer)
    assert reply
    assert (reply.sequence, len(answer), sender) == (7, len(REQUEST), host)
    assert echo.answered == 1


async def test_no_host_is_all_addresses_of_both_families() -> None:
    with echoing("") as echo:
        asked = {"127.0.0.7": echo.addresses[0].port, "::1": echo.addresses[1].port}
        for host, port in asked.items():
            with Asker("127.0.0.1" if "." in host else "::1") as asker:
                asker.send(REQUEST, ListenAddress(host, port))
                assert (await asker.answer())[1] == host


@pytest.mark.netns
@pytest.mark.parametrize(
    ("asked", "device"), [("10.9.1.77", "to-client"), ("fd09:1::77", "to-client")]
)
async def test_a_host_with_several_addresses_answers_from_the_one_that_was_asked(
    netns: Netns, asked: str, device: str
) -> None:
    client, server = netns("client"), netns("server")
    connect(client, server)
    server.add_address(f"{asked}/{64 if ':' in asked else 24}", device)
    with echoing("", inside=server, port=9848) as echo:
        with client:
            asker = Asker("::" if ":" in asked else "0.0.0.0")
        with asker:
            asker.send(REQUEST, ListenAddress(asked, 9848))
            assert (await asker.answer())[1] == asked
    assert echo.answered == 1


@pytest.mark.netns
async def test_a_link_local_source_is_known_by_its_interface(netns: Netns) -> None:
    client, server = netns("client"), netns("server")
    connect(client, server)
    client.ip("address add fe80::1:1/64 dev to-server nodad")
    server.ip("address add fe80::1:2/64 dev to-client nodad")
    with (
        server,
        echoing("", port=9848, is_known=lambda source: source == "fe80::1:1%to-client") as echo,
    ):
        with client:
            asker = Asker("::")
            target = ("fe80::1:2", 9848, 0, socket.if_nametoindex("to-server"))
        with asker:
            asker.socket.sendto(REQUEST, target)
            await counted(echo, 1)
            assert echo.unanswered.total() == 0
            assert decode_reply((await asker.answer())[0])


@pytest.mark.netns
async def test_strangers_get_no_answer_but_known_and_allowed_addresses_do(netns: Netns) -> None:
    client, server = netns("client"), netns("server")
    connect(client, server)
    for host in (3, 4):
        client.add_address(f"10.9.1.{host}/24", "to-server")
    known = {"10.9.1.1"}
    with echoing(
        "", inside=server, port=9848, is_known=known.__contains__, allow=["10.9.1.3/32"]
    ) as echo:
        with client:
            askers = [Asker(f"10.9.1.{host}") for host in (4, 3, 1)]
        for asker in askers:
            asker.send(REQUEST, ListenAddress("10.9.1.2", 9848))
        await counted(echo, 3)
        assert [asker.has_an_answer() for asker in askers] == [False, True, True]
        assert echo.unanswered == {"unknown": 1, "foreign": 0, "limited": 0, "unsendable": 0}
        for asker in askers:
            asker.socket.close()


async def test_loopback_is_answered_though_nobody_is_known() -> None:
    with echoing("127.0.0.1", is_known=nobody) as echo, Asker("127.0.0.1") as asker:
        asker.send(REQUEST, echo.addresses[0])
        assert decode_reply((await asker.answer())[0])


async def test_what_is_no_request_gets_no_answer() -> None:
    with echoing("127.0.0.1") as echo, Asker("127.0.0.1") as asker:
        for datagram in (b"", b"hello", REQUEST[:20], REQUEST.replace(b"\x01", b"\x02", 1)):
            asker.send(datagram, echo.addresses[0])
        await counted(echo, 4)
        assert not asker.has_an_answer()
    assert (echo.answered, echo.unanswered["foreign"]) == (0, 4)


async def test_an_echo_does_not_answer_the_answer_of_another() -> None:
    with echoing("127.0.0.1") as one, echoing("127.0.0.1") as other, Asker("127.0.0.1") as asker:
        asker.send(REQUEST, one.addresses[0])
        answer, _ = await asker.answer()
        asker.send(answer, other.addresses[0])
        await counted(other, 1)
        assert not asker.has_an_answer()
    assert other.unanswered["foreign"] == 1


async def test_whoever_asks_too_often_gets_no_more_answers_than_the_rate() -> None:
    with echoing("127.0.0.1", rate=5) as echo, Asker("127.0.0.1") as asker:
        for _ in range(20):
            asker.send(REQUEST, echo.addresses[0])
        await counted(echo, 20)
    assert (echo.answered, echo.unanswered["limited"]) == (5, 15)


@pytest.mark.netns
async def test_an_answer_that_a_firewall_refuses_is_counted(netns: Netns) -> None:
    with netns("server") as server:
        server.nft("add rule inet t output udp sport 9848 drop")
        with echoing("127.0.0.1", port=9848) as echo, Asker("127.0.0.1") as asker:
            asker.send(REQUEST, echo.addresses[0])
            await counted(echo, 1)
    assert echo.unanswered["unsendable"] == 1


async def test_a_new_configuration_replaces_the_addresses() -> None:
    with echoing("127.0.0.1") as echo, Asker("127.0.0.1") as asker:
        port = echo.addresses[0].port
        echo.configure(options(f":{port}"))
        assert [address.port for address in echo.addresses] == [port, port]
        asker.send(REQUEST, ListenAddress("127.0.0.7", port))
        assert (await asker.answer())[1] == "127.0.0.7"
        echo.configure(options())
        assert echo.addresses == []


async def test_an_address_that_is_taken_is_told_and_changes_nothing() -> None:
    with echoing("127.0.0.1") as other, echoing() as echo, Asker("127.0.0.1") as asker:
        taken = other.addresses[0]
        with echoing("127.0.0.1") as for_its_port:
            mine = for_its_port.addresses[0]
        echo.configure(options(str(mine)))
        with pytest.raises(UdpListenError) as told:
            echo.configure(options("127.0.0.1:0", str(taken), rate=1))
        assert str(told.value) == f"cannot listen on UDP {taken}: address already in use"
        assert echo.addresses == [mine]
        for _ in range(2):
            asker.send(REQUEST, mine)
            await asker.answer()


async def test_addresses_that_stay_are_not_closed_by_a_new_configuration() -> None:
    with echoing("127.0.0.1") as echo:
        before = echo.addresses
        echo.configure(options("127.0.0.1:0", "[::1]:0", rate=1))
        assert echo.addresses[:1] == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rate": 0}, "greater than or equal to 1"),
        ({"allow": ["10.0.0.1/8"]}, 'found "10.0.0.1/8", expected a network'),
        ({"allow": [8]}, "found 8, expected a network such as 10.0.0.0/8 or fd00::/8"),
        ({"listen": ["wiki:9848"]}, "expected an IP address"),
    ],
)
def test_wrong_options_are_told(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        UdpEchoOptions.model_validate(wrong)

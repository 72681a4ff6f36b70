import errno
import socket
import struct
from collections.abc import Callable, Iterator
from ipaddress import ip_address

import pytest

from netwatch.net.ping import mmsg
from netwatch.net.ping.mmsg import DATA_OFFSET, NAME_BYTES, RECEIVED, ReceiveRing, SendRing
from netwatch.net.ping.sockaddr import address_of, control_messages, sockaddr
from tests.namespaces import Namespace
from tests.net.ping.channels import gather

EXPERIMENTAL = 253  # RFC 3692: a protocol that nobody answers
SO_TIMESTAMPNS = 35
IP_HEADER_BYTES = {4: 20, 6: 0}  # in front of what a raw socket receives
LOOPBACK = {4: "127.0.0.1", 6: "::1"}
NAME_SIZES = {4: 16, 6: 28}
MESSAGES = [bytes([index]) * 16 for index in range(5)]

Netns = Callable[[str], Namespace]

pytestmark = pytest.mark.netns

families = pytest.mark.parametrize("family", [4, 6])


@pytest.fixture(params=["at once", "one by one"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Whether the C library has the two calls."""
    if request.param == "one by one":
        monkeypatch.setattr(mmsg, "IS_AVAILABLE", False)
    else:
        assert mmsg.IS_AVAILABLE
    return str(request.param)


@pytest.fixture
def host(netns: Netns) -> Namespace:
    return netns("host")


@pytest.fixture
def raw(host: Namespace) -> Iterator[dict[int, socket.socket]]:
    """Sockets that hear what they say to loopback."""
    with (
        host,
        socket.socket(socket.AF_INET, socket.SOCK_RAW, EXPERIMENTAL) as inet,
        socket.socket(socket.AF_INET6, socket.SOCK_RAW, EXPERIMENTAL) as inet6,
    ):
        yield {4: inet, 6: inet6}


def loaded(family: int, *addresses: str) -> SendRing:
    """A ring with a message of its own for each address."""
    ring = SendRing(len(addresses), 16, NAME_SIZES[family])
    ring.load(bytes(16))
    names = b"".join(sockaddr(ip_address(address).packed) for address in addresses)
    assert ring.address(names) == len(addresses)
    for index in range(len(addresses)):
        start = index * ring.stride + DATA_OFFSET
        ring.slots[start : start + 16] = MESSAGES[index]
    return ring


def send_all(ring: SendRing, opened: socket.socket) -> None:
    sent = 0
    while sent < ring.count:
        sent += ring.send(opened, sent, ring.count)


def contents(ring: ReceiveRing, number: int) -> Iterator[tuple[memoryview, int, int, int]]:
    """Yield each slot that was filled, with the lengths of control data and data, and flags."""
    for index in range(number):
        slot = ring.slots[index * ring.stride : (index + 1) * ring.stride]
        control_bytes, flags, data_bytes = RECEIVED.unpack_from(ring.headers, index * RECEIVED.size)
        yield slot, control_bytes, data_bytes, flags


def read(ring: ReceiveRing, opened: socket.socket, family: int) -> list[bytes]:
    skipped = DATA_OFFSET + IP_HEADER_BYTES[family]
    return [
        bytes(slot[skipped : DATA_OFFSET + data_bytes])
        for slot, _, data_bytes, _ in contents(ring, ring.receive(opened))
    ]


@families
def test_messages_arrive_as_they_were_sent_and_in_order(
    raw: dict[int, socket.socket], family: int
) -> None:
    send_all(loaded(family, *[LOOPBACK[family]] * 5), raw[family])
    ring = ReceiveRing(8, 64)
    assert gather(5, lambda: read(ring, raw[family], family)) == MESSAGES
    assert ring.receive(raw[family]) == 0


@families
def test_a_message_has_the_address_of_who_sent_it(
    raw: dict[int, socket.socket], family: int
) -> None:
    send_all(loaded(family, LOOPBACK[family]), raw[family])
    ring = ReceiveRing(8, 64)
    gather(1, lambda: range(ring.receive(raw[family])))
    assert address_of(bytes(ring.slots[:NAME_BYTES]))[0] == LOOPBACK[family]


@families
def test_a_message_has_its_control_data_and_has_room_for_it_every_time(
    raw: dict[int, socket.socket], family: int
) -> None:
    ring = ReceiveRing(8, 64)
    send_all(loaded(family, LOOPBACK[family]), raw[family])
    gather(1, lambda: range(ring.receive(raw[family])))
    assert [control_bytes for _, control_bytes, _, _ in contents(ring, 1)] == [0]

    raw[family].setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    for _ in range(3):
        send_all(loaded(family, LOOPBACK[family]), raw[family])
        gather(1, lambda: range(ring.receive(raw[family])))
        ((slot, control_bytes, _, flags),) = contents(ring, 1)
        control = bytes(slot[NAME_BYTES : NAME_BYTES + control_bytes])
        ((level, kind, content),) = control_messages(control)
        assert (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)
        seconds, nanoseconds = struct.unpack("=qq", content)
        assert seconds > 0
        assert 0 <= nanoseconds < 10**9
        assert not flags & socket.MSG_CTRUNC


@families
def test_more_messages_than_slots_come_with_the_next_calls(
    raw: dict[int, socket.socket], family: int
) -> None:
    send_all(loaded(family, *[LOOPBACK[family]] * 5), raw[family])
    ring = ReceiveRing(2, 64)
    assert gather(5, lambda: read(ring, raw[family], family)) == MESSAGES


@families
def test_a_message_longer_than_a_slot_is_cut_and_does_not_touch_the_next(
    raw: dict[int, socket.socket], family: int
) -> None:
    kept_bytes = IP_HEADER_BYTES[family] + 8
    send_all(loaded(family, *[LOOPBACK[family]] * 5), raw[family])
    ring = ReceiveRing(8, kept_bytes)
    messages = gather(5, lambda: read(ring, raw[family], family))
    assert messages == [message[:8] for message in MESSAGES]
    for _, _, data_bytes, flags in contents(ring, 1):
        assert data_bytes == kept_bytes
        assert flags & socket.MSG_TRUNC


@families
@pytest.mark.parametrize("refused", range(5))
def test_a_refused_message_stops_the_row_and_the_next_call_says_why(
    host: Namespace, raw: dict[int, socket.socket], family: int, refused: int, way: str
) -> None:
    bad = {4: "127.0.0.9", 6: "fd09::9"}[family]
    host.ip("address add fd09::9 dev lo nodad")
    protocol = {4: "ip", 6: "ip6"}[family]
    host.nft(f"add rule inet t output {protocol} daddr {bad} drop")
    addresses = [LOOPBACK[family]] * 5
    addresses[refused] = bad
    ring = loaded(family, *addresses)

    step = 5 if way == "at once" else 1
    sent = 0
    while sent < refused:
        number = ring.send(raw[family], sent, 5)
        assert number == min(step, refused - sent)
        sent += number
    with pytest.raises(PermissionError):
        ring.send(raw[family], refused, 5)
    sent = refused + 1
    while sent < 5:
        sent += ring.send(raw[family], sent, 5)

    received = ReceiveRing(8, 64)
    expected = MESSAGES[:refused] + MESSAGES[refused + 1 :]
    assert gather(4, lambda: read(received, raw[family], family)) == expected
    assert received.receive(raw[family]) == 0


def test_the_pending_error_of_a_socket_is_raised_once(host: Namespace) -> None:
    with host, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", 9))  # nobody is there
        udp.send(b"")
        ring = ReceiveRing(8, 64)
        with pytest.raises(OSError, match="refused") as raised:
            gather(1, lambda: range(ring.receive(udp)))
        assert raised.value.errno == errno.ECONNREFUSED
        assert ring.receive(udp) == 0


def test_a_closed_socket_is_an_error_and_not_silence(host: Namespace) -> None:
    with host, socket.socket(socket.AF_INET, socket.SOCK_RAW, EXPERIMENTAL) as closed:
        pass
    with pytest.raises(OSError, match="Bad file descriptor"):
        ReceiveRing(8, 64).receive(closed)
    with pytest.raises(OSError, match="Bad file descriptor"):
        loaded(4, "127.0.0.1").send(closed, 0, 1)

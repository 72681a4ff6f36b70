import socket
import struct

from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.ping.sockaddr import (
    SocketAddress,
    address_of,
    control_data,
    control_messages,
    sockaddr,
    sockaddr_of,
)

IPV4 = st.ip_addresses(v=4).map(lambda address: (str(address), 0))
IPV6 = st.tuples(
    st.ip_addresses(v=6).map(lambda address: socket.inet_ntop(socket.AF_INET6, address.packed)),
    *(st.just(0), st.just(0), st.integers(0, 2**32 - 1)),
)
INT32 = st.integers(-(2**31), 2**31 - 1)
MESSAGES = st.lists(st.tuples(INT32, INT32, st.binary(max_size=40)), max_size=4)


@given(IPV4 | IPV6, st.binary(max_size=8))
def test_every_address_of_a_socket_comes_back(address: SocketAddress, behind: bytes) -> None:
    assert address_of(sockaddr_of(address) + behind) == address


def test_addresses_are_laid_out_as_in_the_headers_of_linux() -> None:
    inet = struct.pack("=H", socket.AF_INET) + b"\0\0" + bytes([10, 0, 0, 7]) + bytes(8)
    assert sockaddr(bytes([10, 0, 0, 7])) == inet  # struct sockaddr_in: 16 bytes
    packed = socket.inet_pton(socket.AF_INET6, "fe80::7")
    inet6 = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, packed, 3)
    assert sockaddr(packed, scope=3) == inet6  # struct sockaddr_in6: 28 bytes


@given(MESSAGES)
def test_every_control_message_comes_back(messages: list[tuple[int, int, bytes]]) -> None:
    assert list(control_messages(control_data(messages))) == messages


@given(MESSAGES)
def test_control_data_takes_as_much_room_as_the_system_says(
    messages: list[tuple[int, int, bytes]],
) -> None:
    room = sum(socket.CMSG_SPACE(len(content)) for _, _, content in messages)
    assert len(control_data(messages)) == room


@given(st.binary(max_size=100))
def test_any_control_data_has_an_end(data: bytes) -> None:
    assert len(list(control_messages(data))) <= len(data) // 16

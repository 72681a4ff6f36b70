import socket
import struct
from collections.abc import Callable, Iterator
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.net.ping.departures import MSG_ERRQUEUE
from netwatch.net.ping.layout import (
    COMPLEMENTS,
    LINK_HEADER_BYTES,
    SEQUENCES,
    SWAPPED,
    departure_layout,
    message_values,
    reply_layout,
)
from netwatch.net.ping.mmsg import RECEIVED, ReceiveRing
from netwatch.net.ping.opening import SO_TIMESTAMPING, SO_TIMESTAMPNS
from netwatch.wire.icmp import SEQUENCE_OFFSET, echo_pattern, echo_reply
from tests.namespaces import Namespace
from tests.net.ping.channels import KINDS, LOOPBACK, NONCE, Kind, Opened, gather, opened
from tests.wire.icmp_packets import numbered

SEQUENCE = 0x0102

Netns = Callable[[str], Namespace]

at_each_kind = pytest.mark.parametrize("kind", KINDS, ids=str)


@pytest.fixture
def ends(netns: Netns, kind: Kind, payload_bytes: int) -> Iterator[Opened]:
    with opened(netns("host"), kind, payload_bytes) as ends:
        yield ends


@at_each_kind
@pytest.mark.netns
@pytest.mark.parametrize("payload_bytes", [16, 17, 1400])
@pytest.mark.parametrize("has_send_stamps", [True, False])
def test_a_reply_stands_where_its_layout_says(
    ends: Opened, kind: Kind, payload_bytes: int, *, has_send_stamps: bool
) -> None:
    icmp = ends.channel._socket
    if not has_send_stamps:
        icmp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, 0)
        icmp.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    ring = ReceiveRing(8, 2000)
    layout = reply_layout(
        kind.family,
        is_raw=kind.is_raw,
        payload_bytes=payload_bytes,
        has_send_stamps=has_send_stamps,
        stride=ring.stride,
    )
    ends.send(LOOPBACK[kind.family], first=SEQUENCE)
    gather(1, lambda: range(ring.receive(icmp)))

    control_bytes, _, data_bytes = RECEIVED.unpack_from(ring.headers)
    assert (control_bytes, data_bytes) == (layout.control_bytes, layout.data_bytes)
    (row,) = layout.values.iter_unpack(ring.slots[: ring.stride])
    sender, seconds, nanoseconds, hop_limit, *values = row
    assert sender == ip_address(LOOPBACK[kind.family]).packed
    assert seconds > 1_000_000_000
    assert 0 <= nanoseconds < 10**9
    assert hop_limit == 64
    reply = numbered(echo_reply(kind.family, ends.request), SEQUENCE)
    assert tuple(values) == message_values(kind.family, reply)


@at_each_kind
@pytest.mark.netns
@pytest.mark.parametrize("payload_bytes", [16, 1400])
def test_a_departure_stands_where_its_layout_says(ends: Opened, kind: Kind) -> None:
    ring = ReceiveRing(8, 2000)
    layout = departure_layout(kind.family, link_header_bytes=LINK_HEADER_BYTES, stride=ring.stride)
    ends.send(LOOPBACK[kind.family], first=SEQUENCE)
    gather(1, lambda: range(ring.receive(ends.channel._socket, MSG_ERRQUEUE)))

    assert RECEIVED.unpack_from(ring.headers)[0] == layout.control_bytes
    (row,) = layout.values.iter_unpack(ring.slots[: ring.stride])
    seconds, nanoseconds, origin, raw_sequence, nonce = row
    assert seconds > 1_000_000_000
    assert 0 <= nanoseconds < 10**9
    assert origin == 4  # SO_EE_ORIGIN_TIMESTAMPING
    assert (SWAPPED[raw_sequence], nonce) == (SEQUENCE, NONCE)


@given(
    st.sampled_from((4, 6)),
    *(st.integers(0, 0xFFFF), st.binary(min_size=8, max_size=8), st.integers(16, 100)),
)
def test_a_message_is_read_the_same_wherever_it_stands(
    family: int, number: int, nonce: bytes, payload_bytes: int
) -> None:
    header = struct.pack("!BBHHH", 0, 0, 0xABCD, 0x4321, number)
    payload = nonce + struct.pack("!H", number ^ 0xFFFF) + echo_pattern(payload_bytes)
    kind, identifier, sequence, found, inverse, pattern = message_values(family, header + payload)
    assert kind == struct.unpack("=I" if family == 4 else "=H2x", header[:4])[0]
    assert (SWAPPED[identifier], SWAPPED[sequence], found) == (0x4321, number, nonce)
    assert sequence ^ inverse == 0xFFFF
    assert pattern == echo_pattern(payload_bytes)


def test_swapped_is_how_the_network_writes_a_number() -> None:
    assert all(SWAPPED[number] == socket.htons(number) for number in range(1 << 16))


@given(st.binary(min_size=26, max_size=40), st.integers(0, 0xFFFF))
def test_what_varies_is_what_numbers_a_request(message: bytes, number: int) -> None:
    written = bytearray(message)
    written[SEQUENCE_OFFSET : SEQUENCE_OFFSET + 2] = bytes(SEQUENCES[number : number + 1])
    written[16:18] = bytes(COMPLEMENTS[number : number + 1])
    assert bytes(written) == numbered(message, number)

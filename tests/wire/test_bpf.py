import ctypes
import errno
import os
import socket
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netwatch.wire.bpf import INSTRUCTION_BYTES, Instruction, ipv4_filter, ipv6_filter, pack
from netwatch.wire.icmp import (
    EchoFailure,
    EchoReply,
    MalformedError,
    decode_ipv4_packet,
    decode_message,
    echo_request,
    protocol_of,
)
from tests.wire.icmp_packets import error_about, ipv4_packet, ipv6_packet, numbered, reply_to

SO_ATTACH_FILTER = 26
MOST_INSTRUCTIONS = 4096  # BPF_MAXINSNS
MANY = 2000

IDENTIFIERS = st.sampled_from((0, 1, 7, 0x1234, 0xFFFE, 0xFFFF))
OURS = st.lists(IDENTIFIERS, max_size=4, unique=True)
OPTIONS = st.integers(0, 10).map(lambda words: bytes(4 * words))
EXTENSIONS = st.lists(
    st.tuples(st.sampled_from((0, 43, 44, 60)), st.integers(0, 2)), max_size=3
).map(tuple)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="raw sockets need root")


def passes(program: list[Instruction], packet: bytes) -> bool:  # noqa: C901  # a case each
    """Run classic BPF as the kernel does: a load beyond the packet drops it."""
    position = a = x = 0
    while True:
        operation, if_true, if_false, k = program[position]
        position += 1
        match operation:
            case 0x06:
                return k > 0
            case 0x05:
                position += k
            case 0x15:
                position += if_true if a == k else if_false
            case 0x54:
                a &= k
            case 0x64:
                a = a << k & 0xFFFF_FFFF
            case 0x0C:
                a = a + x & 0xFFFF_FFFF
            case 0x07:
                x = a
            case 0xB1 if k < len(packet):
                x = 4 * (packet[k] & 0x0F)
            case 0x28 | 0x48 | 0x30 | 0x50:
                at = k + x * bool(operation & 0x40)
                size = 1 if operation & 0x10 else 2
                if at + size > len(packet):
                    return False
                a = int.from_bytes(packet[at : at + size])
            case _:
                return False


def request(identifier: int, family: int) -> bytes:
    return numbered(echo_request(family, identifier, bytes(8), 16), 9)


@st.composite
def ipv4_packets(draw: st.DrawFn) -> bytes:
    """Requests, replies and errors of anybody, behind IP options, damaged and cut off."""
    echo = request(draw(IDENTIFIERS), 4)
    embedded = ipv4_packet(echo[: draw(st.sampled_from((4, 8, 24)))], options=draw(OPTIONS))
    kind = draw(st.sampled_from((3, 4, 5, 11, 12)))
    message = draw(st.sampled_from((echo, reply_to(echo, 4), error_about(embedded, kind))))
    return _damaged(draw, ipv4_packet(message, options=draw(OPTIONS)))


@st.composite
def ipv6_messages(draw: st.DrawFn) -> bytes:
    """The same for IPv6, whose raw sockets deliver no IP header."""
    echo = request(draw(IDENTIFIERS), 6)
    protocol = draw(st.sampled_from((58, 58, 6, 17)))
    embedded = ipv6_packet(echo, extensions=draw(EXTENSIONS), next_header=protocol)
    kind = draw(st.sampled_from((1, 2, 3, 4, 134)))
    message = draw(st.sampled_from((echo, reply_to(echo, 6), error_about(embedded, kind))))
    return _damaged(draw, message)


def _damaged(draw: st.DrawFn, packet: bytes) -> bytes:
    changed = bytearray(packet)
    for position, value in draw(
        st.dictionaries(st.integers(0, len(packet) - 1), st.integers(0, 255), max_size=2)
    ).items():
        changed[position] = value
    return bytes(changed[: draw(st.integers(0, len(packet)) | st.just(len(packet)))])


def is_about(message: EchoReply | EchoFailure | None, identifiers: list[int]) -> bool:
    return message is not None and message.identifier in identifiers


# Never too little


@given(OURS, ipv4_packets() | st.binary(max_size=100))
def test_every_ipv4_packet_that_is_about_us_passes(ours: list[int], packet: bytes) -> None:
    try:
        message = decode_ipv4_packet(packet)
    except MalformedError:
        return
    if is_about(message, ours):
        assert passes(ipv4_filter(ours), packet)


@given(OURS, ipv6_messages() | st.binary(max_size=100))
def test_every_icmpv6_message_that_is_about_us_passes(ours: list[int], message: bytes) -> None:
    try:
        decoded = decode_message(message, 6, hop_limit=0)
    except MalformedError:
        return
    if is_about(decoded, ours):
        assert passes(ipv6_filter(ours), message)


# Nor too much


@pytest.mark.parametrize("options", [b"", bytes(4), bytes(40)])
def test_of_replies_only_ours_pass(options: bytes) -> None:
    ipv4, ipv6 = ipv4_filter([7, 9]), ipv6_filter([7, 9])
    passed = [
        identifier
        for identifier in range(20)
        if passes(ipv4, ipv4_packet(reply_to(request(identifier, 4), 4), options=options))
        and passes(ipv6, reply_to(request(identifier, 6), 6))
    ]
    assert passed == [7, 9]


@pytest.mark.parametrize("kind", [3, 11, 12])
@pytest.mark.parametrize("outer", [b"", bytes(40)])
@pytest.mark.parametrize("inner", [b"", bytes(40)])
def test_of_ipv4_errors_only_those_about_us_pass(kind: int, outer: bytes, inner: bytes) -> None:
    def error(identifier: int) -> bytes:
        embedded = ipv4_packet(request(identifier, 4)[:8], options=inner)
        return ipv4_packet(error_about(embedded, kind), options=outer)

    program = ipv4_filter([7, 9])
    assert [number for number in range(20) if passes(program, error(number))] == [7, 9]


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_of_icmpv6_errors_only_those_about_us_pass(kind: int) -> None:
    def error(identifier: int, protocol: int = 58) -> bytes:
        return error_about(ipv6_packet(request(identifier, 6), next_header=protocol), kind)

    program = ipv6_filter([7, 9])
    assert [number for number in range(20) if passes(program, error(number))] == [7, 9]
    assert not passes(program, error(7, protocol=6))
    assert not passes(program, error(7, protocol=17))


@pytest.mark.parametrize("number", [0, 43, 44, 60])
def test_an_icmpv6_error_about_us_passes_behind_extension_headers(number: int) -> None:
    embedded = ipv6_packet(request(7, 6), extensions=((number, 0), (60, 2)))
    assert passes(ipv6_filter([7]), error_about(embedded, 3))


def test_echo_requests_and_other_messages_are_dropped() -> None:
    for family, program in ((4, ipv4_filter([0])), (6, ipv6_filter([0]))):
        wanted = {protocol_of(family).echo_reply, *protocol_of(family).errors}
        for kind in set(range(256)) - wanted:
            message = bytes([kind]) + bytes(60)
            assert not passes(program, ipv4_packet(message) if family == 4 else message)


@given(st.binary(max_size=100))
@example(ipv4_packet(reply_to(request(0, 4), 4)))
@example(reply_to(request(0, 6), 6))
def test_without_identifiers_nothing_passes_but_rare_icmpv6_errors(packet: bytes) -> None:
    assert not passes(ipv4_filter([]), packet)
    if packet[:1] not in (b"\x01", b"\x02", b"\x03", b"\x04"):
        assert not passes(ipv6_filter([]), packet)


# As a program


@pytest.mark.parametrize("count", [0, 1, 127, 128, 255, 256, MANY])
def test_every_jump_lands_inside_however_many_identifiers_there_are(count: int) -> None:
    for program in (ipv4_filter(range(count)), ipv6_filter(range(count))):
        assert len(pack(program)) == len(program) * INSTRUCTION_BYTES
        assert len(program) <= MOST_INSTRUCTIONS
        for position, (operation, if_true, if_false, operand) in enumerate(program):
            assert max(if_true, if_false) <= 0xFF
            furthest = operand if operation == 0x05 else max(if_true, if_false)
            assert operation == 0x06 or position + 1 + furthest < len(program)


def test_the_last_of_many_identifiers_is_found() -> None:
    reply, stranger = (reply_to(request(number, 6), 6) for number in (MANY - 1, MANY))
    assert passes(ipv6_filter(range(MANY)), reply)
    assert not passes(ipv6_filter(range(MANY)), stranger)


@needs_root
@pytest.mark.parametrize(
    ("family", "protocol", "loopback"),
    [
        (socket.AF_INET, socket.IPPROTO_ICMP, "127.0.0.1"),
        (socket.AF_INET6, socket.IPPROTO_ICMPV6, "::1"),
    ],
)
def test_the_kernel_takes_the_filter_and_drops_by_it(
    family: socket.AddressFamily, protocol: int, loopback: str
) -> None:
    version = 4 if family is socket.AF_INET else 6
    make = ipv4_filter if version == 4 else ipv6_filter
    with socket.socket(family, socket.SOCK_RAW, protocol) as raw:
        _attach(raw, make(range(MANY)))
        raw.settimeout(10)
        try:
            for identifier in (MANY, MANY - 1):  # the stranger first, so that it would come first
                raw.sendto(request(identifier, version), (loopback, 0))
        except OSError as error:
            if error.errno not in {errno.EADDRNOTAVAIL, errno.ENETUNREACH}:
                raise
            pytest.skip(f"no {loopback} here")
        reply = None
        while not isinstance(reply, EchoReply):  # the ICMP errors of others pass, too
            packet = raw.recv(2048)
            message = packet[20:] if version == 4 else packet
            reply = decode_message(message, version, hop_limit=0)
    assert reply.identifier == MANY - 1


def _attach(raw: socket.socket, program: list[Instruction]) -> None:
    code = pack(program)
    kept = ctypes.create_string_buffer(code, len(code))
    header = struct.pack("@HP", len(program), ctypes.addressof(kept))
    raw.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, header)

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.wire.icmp import (
    MINIMUM_PAYLOAD_BYTES,
    EchoFailure,
    EchoReply,
    MalformedError,
    checksum,
    decode_ipv4_packet,
    decode_message,
    echo_pattern,
    echo_reply,
    echo_request,
    protocol_of,
)
from tests.wire.icmp_packets import (
    IPV4_DESTINATION,
    IPV6_DESTINATION,
    error_about,
    ipv4_packet,
    ipv6_packet,
    numbered,
    reply_to,
)

FAMILIES = st.sampled_from((4, 6))
UINT16 = st.integers(0, 0xFFFF)
NONCES = st.binary(min_size=8, max_size=8)
SIZES = st.integers(MINIMUM_PAYLOAD_BYTES, 200)
IPV4_OPTIONS = st.integers(0, 10).map(lambda words: bytes(4 * words))
IPV6_EXTENSIONS = st.lists(
    st.tuples(st.sampled_from((0, 43, 44, 60)), st.integers(0, 3)), max_size=4
).map(tuple)
NONCE = b"8 bytes."

# Captured on the loopback interface of a Linux host, answering echo_request(4, 0x4321, NONCE, 16)
# with sequence number 1.
IPV4_REPLY = bytes.fromhex(
    "4500002c81e900004001fae57f0000017f000001000034a843210001382062797465732efffe000102030405"
)


def decode(message: bytes, family: int) -> EchoReply | EchoFailure | None:
    if family == 4:
        return decode_ipv4_packet(ipv4_packet(message))
    return decode_message(message, 6, hop_limit=64)


def request_with(family: int = 4, identifier: int = 0x4321, sequence: int = 7) -> bytes:
    return numbered(echo_request(family, identifier, NONCE, 16), sequence)


# Checksums


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0001f203f4f5f6f7", 0x220D),  # RFC 1071 section 3: the sum is ddf2
        ("0001f203f4f5f6", 0x2304),  # the same, with an odd byte padded by zero
        ("", 0xFFFF),
        ("ffff", 0),
        ("ffffffff", 0),
    ],
)
def test_checksums_are_those_of_rfc_1071(data: str, expected: int) -> None:
    assert checksum(bytes.fromhex(data)) == expected


@given(st.binary(max_size=400).map(lambda data: data[: len(data) // 2 * 2]))
def test_data_with_its_checksum_sums_up_to_nothing(data: bytes) -> None:
    assert checksum(data + struct.pack("!H", checksum(data))) == 0


def test_the_checksum_of_the_largest_packet_does_not_overflow() -> None:
    assert checksum(b"\xff" * 65_535) == 0xFF


# Requests


def test_a_request_has_its_nonce_the_complement_of_its_sequence_and_a_pattern() -> None:
    request = echo_request(6, 0x4321, NONCE, 20)
    assert request[:8] == bytes.fromhex("80 00 0000 4321 0000")
    assert request[8:] == NONCE + bytes.fromhex("ffff") + bytes(range(10))
    assert request[18:] == echo_pattern(20)


@given(UINT16, NONCES, SIZES, UINT16)
def test_every_ipv4_request_has_a_right_checksum(
    identifier: int, nonce: bytes, size: int, sequence: int
) -> None:
    request = numbered(echo_request(4, identifier, nonce, size), sequence)
    assert len(request) == 8 + size
    assert request[:2] == b"\x08\x00"
    assert struct.unpack_from("!HH", request, 4) == (identifier, sequence)
    assert checksum(request) == 0


@given(FAMILIES, UINT16, NONCES, SIZES, UINT16)
def test_every_reply_that_is_asked_for_is_what_a_real_host_answers(
    family: int, identifier: int, nonce: bytes, size: int, sequence: int
) -> None:
    request = echo_request(family, identifier, nonce, size)
    expected = numbered(echo_reply(family, request), sequence)
    assert reply_to(numbered(request, sequence), family) == expected
    assert decode(expected, family) == EchoReply(identifier, sequence, 64, expected)


# Replies


def test_a_captured_reply_is_read() -> None:
    reply = decode_ipv4_packet(IPV4_REPLY)
    assert reply == EchoReply(0x4321, 1, 64, IPV4_REPLY[20:])
    assert reply.message == numbered(echo_reply(4, echo_request(4, 0x4321, NONCE, 16)), 1)


@pytest.mark.parametrize("words", range(11))
def test_a_reply_behind_ip_options_is_found(words: int) -> None:
    message = reply_to(request_with(), 4)
    packet = ipv4_packet(message, options=bytes(4 * words), ttl=3)
    assert decode_ipv4_packet(packet) == EchoReply(0x4321, 7, 3, message)


@pytest.mark.parametrize("family", [4, 6])
def test_requests_and_other_messages_are_not_for_us(family: int) -> None:
    assert decode(request_with(family), family) is None
    known = {protocol_of(family).echo_reply, *protocol_of(family).errors}
    for kind in set(range(256)) - known:
        assert decode(bytes([kind]) + bytes(30), family) is None


def test_a_packet_that_is_not_icmp_is_not_for_us() -> None:
    assert decode_ipv4_packet(ipv4_packet(reply_to(request_with(), 4), protocol=17)) is None


@pytest.mark.parametrize(
    ("packet", "problem"),
    [
        (b"", "no IPv4 header"),
        (IPV4_REPLY[:19], "no IPv4 header"),
        (b"\x65" + IPV4_REPLY[1:], "no IPv4 header"),
        (b"\x44" + IPV4_REPLY[1:], "an IPv4 header of 16 bytes in 44"),
        (b"\x4f" + IPV4_REPLY[1:], "an IPv4 header of 60 bytes in 44"),
        (IPV4_REPLY[:20], "an ICMP message has 8 bytes at least, not 0"),
        (IPV4_REPLY[:27], "an ICMP message has 8 bytes at least, not 7"),
    ],
)
def test_what_is_no_icmp_packet_says_why(packet: bytes, problem: str) -> None:
    with pytest.raises(MalformedError, match=f"^{problem}$"):
        decode_ipv4_packet(packet)


# Errors


@given(st.sampled_from((3, 11, 12)), UINT16, UINT16, IPV4_OPTIONS, IPV4_OPTIONS)
def test_an_ipv4_error_tells_whose_request_it_is_about(
    kind: int, identifier: int, sequence: int, outer: bytes, inner: bytes
) -> None:
    code = sequence % 256
    request = request_with(4, identifier, sequence)
    about = error_about(ipv4_packet(request[:8], options=inner), kind, code)
    failure = decode_ipv4_packet(ipv4_packet(about, options=outer))
    assert failure == EchoFailure(kind, code, identifier, sequence, IPV4_DESTINATION, 0)


@given(st.sampled_from((1, 2, 3, 4)), st.integers(0, 255), UINT16, UINT16, IPV6_EXTENSIONS)
def test_an_ipv6_error_tells_whose_request_it_is_about(
    kind: int,
    code: int,
    identifier: int,
    sequence: int,
    extensions: tuple[tuple[int, int], ...],
) -> None:
    request = request_with(6, identifier, sequence)
    about = error_about(ipv6_packet(request, extensions=extensions), kind, code)
    failure = decode_message(about, 6, hop_limit=0)
    assert failure == EchoFailure(kind, code, identifier, sequence, IPV6_DESTINATION, 0)


@pytest.mark.parametrize(
    ("family", "kind", "code", "rest", "mtu"),
    [
        (4, 3, 4, 1400, 1400),
        (4, 3, 4, 0xFFFF_0578, 1400),  # RFC 1191: the upper half is unused
        (4, 3, 4, 0, 0),  # a router from before RFC 1191
        (4, 3, 1, 1400, 0),
        (4, 11, 4, 1400, 0),
        (6, 2, 0, 1280, 1280),
        (6, 2, 0, 0x0001_0000, 65_536),
        (6, 1, 0, 1280, 0),
    ],
)
def test_the_mtu_is_told_by_what_is_too_big_alone(
    family: int, kind: int, code: int, rest: int, mtu: int
) -> None:
    embedded = (ipv4_packet if family == 4 else ipv6_packet)(request_with(family))
    failure = decode(error_about(embedded, kind, code, rest), family)
    assert isinstance(failure, EchoFailure)
    assert failure.mtu == mtu


@pytest.mark.parametrize(
    ("family", "embedded"),
    [
        (4, ipv4_packet(reply_to(request_with(), 4))),
        (4, ipv4_packet(request_with(), protocol=6)),
        (4, ipv4_packet(request_with(), fragment_offset=185)),
        (6, ipv6_packet(reply_to(request_with(6), 6))),
        (6, ipv6_packet(request_with(6), next_header=17)),
        (6, ipv6_packet(request_with(6), extensions=((60, 0),), next_header=6)),
        (6, ipv6_packet(request_with(6), extensions=((44, 0),), fragment_offset=185)),
    ],
    ids=["reply4", "tcp4", "fragment4", "reply6", "udp6", "tcp6", "fragment6"],
)
def test_errors_about_anything_else_are_not_for_us(family: int, embedded: bytes) -> None:
    kind = 3 if family == 4 else 1
    assert decode(error_about(embedded, kind), family) is None


@pytest.mark.parametrize(
    ("family", "embedded", "problem"),
    [
        (4, b"", "no IPv4 header"),
        (4, ipv4_packet(request_with()[:7]), "an ICMP error embeds less than an ICMP header"),
        (6, b"", "no IPv6 header"),
        (6, ipv4_packet(request_with(), options=bytes(40)), "no IPv6 header"),
        (6, ipv6_packet(b"", extensions=((0, 0),))[:-1], "an IPv6 extension header is cut off"),
        (6, ipv6_packet(request_with(6)[:7]), "an ICMP error embeds less than an ICMP header"),
    ],
)
def test_an_error_that_embeds_too_little_says_why(
    family: int, embedded: bytes, problem: str
) -> None:
    with pytest.raises(MalformedError, match=f"^{problem}$"):
        decode(error_about(embedded, 3), family)


# Whatever comes


@given(st.binary(max_size=200))
def test_any_ipv4_packet_is_a_message_not_for_us_or_malformed(packet: bytes) -> None:
    _decode_or_malformed(packet)


@given(st.binary(max_size=120), IPV4_OPTIONS, IPV4_OPTIONS, st.sampled_from((0, 3, 11, 12)))
def test_any_ipv4_packet_that_looks_right_at_first_is_too(
    payload: bytes, outer: bytes, inner: bytes, kind: int
) -> None:
    about = error_about(ipv4_packet(payload, options=inner), kind)
    for length in range(len(about) + 1):
        _decode_or_malformed(ipv4_packet(about[:length], options=outer))


@given(st.binary(max_size=200), FAMILIES)
def test_any_message_is_a_message_not_for_us_or_malformed(message: bytes, family: int) -> None:
    _decode_or_malformed(message, family)


@given(st.binary(max_size=40), IPV6_EXTENSIONS, st.integers(1, 4))
def test_any_ipv6_message_that_looks_right_at_first_is_too(
    payload: bytes, extensions: tuple[tuple[int, int], ...], kind: int
) -> None:
    about = error_about(ipv6_packet(payload, extensions=extensions), kind)
    for length in range(len(about) + 1):
        _decode_or_malformed(about[:length], 6)


def _decode_or_malformed(data: bytes, family: int | None = None) -> None:
    try:
        if family is None:
            message = decode_ipv4_packet(data)
        else:
            message = decode_message(data, family, hop_limit=0)
    except MalformedError:
        return
    assert message is None or isinstance(message, EchoReply | EchoFailure)

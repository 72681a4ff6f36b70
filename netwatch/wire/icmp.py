"""ICMP echo over IPv4 (RFC 792) and IPv6 (RFC 4443): packets to bytes, and bytes to what they say.

Every `decode` returns an `EchoReply`, an `EchoFailure`, or None for a well-formed message that is
not about an echo request, and raises `MalformedError` for everything else.

The payload of our requests is `nonce (8) | complement of the sequence (2) | pattern`. The nonce
proves that a reply is ours. The complement cancels the sequence number in the checksum, so a
prepared request needs two stores per packet and no checksum.
"""

import ipaddress
import struct
from typing import NamedTuple

HEADER_BYTES = 8
NONCE_BYTES = 8
MINIMUM_PAYLOAD_BYTES = 16
IPV6_HEADER_BYTES = 40

_HEADER = struct.Struct("!BBHHH")
_UINT16 = struct.Struct("!H")
_IDENTIFIER_OFFSET = 4
SEQUENCE_OFFSET = 6

_PROTOCOL_ICMP = 1
_PROTOCOL_ICMPV6 = 58
_IPV4_FRAGMENT_OFFSET = 0x1FFF
_FRAGMENT_HEADER = 44
_EXTENSION_HEADERS = frozenset({0, 43, 60})  # hop-by-hop, routing, destination options (RFC 8200)


class MalformedError(ValueError):
    """The bytes are no ICMP message."""


class EchoReply(NamedTuple):
    """An echo reply; `message` is the whole ICMP message, `hop_limit` 0 where it is not known."""

    identifier: int
    sequence: int
    hop_limit: int
    message: bytes


class EchoFailure(NamedTuple):
    """An ICMP error about an echo request, told by the headers that it embeds.

    `destination` is where the request was going, as a packed address. `mtu` is the next hop's,
    in bytes, where the message tells one, else 0.
    """

    kind: int
    code: int
    identifier: int
    sequence: int
    destination: bytes
    mtu: int


class Protocol(NamedTuple):
    """The numbers by which ICMP for IPv4 and for IPv6 differ."""

    echo_request: int
    echo_reply: int
    errors: frozenset[int]
    too_big: tuple[int, int | None]
    """Type, and code where it matters, of the message that tells an MTU."""


ICMPV4 = Protocol(8, 0, frozenset({3, 11, 12}), (3, 4))
ICMPV6 = Protocol(128, 129, frozenset({1, 2, 3, 4}), (2, None))


def protocol_of(family: int) -> Protocol:
    """Return the numbers for IP version `family`, 4 or 6."""
    return ICMPV4 if family == 4 else ICMPV6  # noqa: PLR2004  # IP versions name themselves


def checksum(data: bytes | bytearray) -> int:
    """Return the Internet checksum (RFC 1071) of `data`, in which its own field must be 0."""
    if len(data) % 2:
        data = bytes(data) + b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def echo_pattern(payload_bytes: int) -> bytes:
    """Return what stands in a payload of that size behind nonce and complement."""
    return bytes(i & 0xFF for i in range(payload_bytes - NONCE_BYTES - 2))


def echo_request(family: int, identifier: int, nonce: bytes, payload_bytes: int) -> bytes:
    """Return the request with sequence number 0.

    To number it, store the sequence number at `SEQUENCE_OFFSET` and its complement behind the
    nonce. `payload_bytes` is at least `MINIMUM_PAYLOAD_BYTES`.
    """
    protocol = protocol_of(family)
    payload = nonce + b"\xff\xff" + echo_pattern(payload_bytes)
    return _with_checksum(protocol, protocol.echo_request, identifier, payload)


def echo_reply(family: int, request: bytes) -> bytes:
    """Return the reply to an echo request, as any host makes it; ICMPv6 without its checksum."""
    protocol = protocol_of(family)
    (identifier,) = _UINT16.unpack_from(request, _IDENTIFIER_OFFSET)
    payload = request[SEQUENCE_OFFSET + 2 :]
    return _with_checksum(protocol, protocol.echo_reply, identifier, payload)


def _with_checksum(protocol: Protocol, kind: int, identifier: int, payload: bytes) -> bytes:
    message = bytearray(_HEADER.pack(kind, 0, 0, identifier, 0) + payload)
    if protocol is ICMPV4:  # the kernel fills in the one of ICMPv6, which covers addresses
        _UINT16.pack_into(message, 2, checksum(message))
    return bytes(message)


def decode_ipv4_packet(packet: bytes) -> EchoReply | EchoFailure | None:
    """Decode what a raw IPv4 socket delivers: IP header, with options or without, and message."""
    message = _ipv4_payload(packet)
    return None if message is None else decode_message(message, 4, hop_limit=packet[8])


def decode_message(message: bytes, family: int, hop_limit: int) -> EchoReply | EchoFailure | None:
    """Decode an ICMP message without IP header, as all other sockets deliver it."""
    if len(message) < HEADER_BYTES:
        raise MalformedError(f"an ICMP message has 8 bytes at least, not {len(message)}")
    kind, code, _, identifier, sequence = _HEADER.unpack_from(message)
    protocol = protocol_of(family)
    if kind == protocol.echo_reply:
        return EchoReply(identifier, sequence, hop_limit, message)
    if kind not in protocol.errors:
        return None
    embedded = _embedded_ipv4 if protocol is ICMPV4 else _embedded_ipv6
    request = embedded(message[HEADER_BYTES:])
    if request is None:
        return None
    identifier, sequence, destination = request
    mtu = _told_mtu(message, protocol, kind, code)
    return EchoFailure(kind, code, identifier, sequence, destination, mtu)


def format_address(packed: bytes) -> str:
    """Write a packed address of either family."""
    return str(ipaddress.ip_address(packed))


def _ipv4_payload(packet: bytes) -> bytes | None:
    """Return what an IPv4 packet carries, None if that is not ICMP."""
    if len(packet) < 20 or packet[0] >> 4 != 4:  # noqa: PLR2004  # RFC 791 section 3.1
        raise MalformedError("no IPv4 header")
    header_bytes = (packet[0] & 0x0F) * 4
    if header_bytes < 20 or len(packet) < header_bytes:  # noqa: PLR2004
        raise MalformedError(f"an IPv4 header of {header_bytes} bytes in {len(packet)}")
    return packet[header_bytes:] if packet[9] == _PROTOCOL_ICMP else None


def _embedded_ipv4(packet: bytes) -> tuple[int, int, bytes] | None:
    """Return identifier, sequence and destination of the request that an error embeds."""
    message = _ipv4_payload(packet)
    if message is None or _UINT16.unpack_from(packet, 6)[0] & _IPV4_FRAGMENT_OFFSET:
        return None  # another protocol, or not the first fragment: it has no ICMP header
    return _echo_request(message, ICMPV4, packet[16:20])


def _embedded_ipv6(packet: bytes) -> tuple[int, int, bytes] | None:
    """Do the same for IPv6, past the extension headers (RFC 8200 section 4)."""
    if len(packet) < IPV6_HEADER_BYTES or packet[0] >> 4 != 6:  # noqa: PLR2004
        raise MalformedError("no IPv6 header")
    header, offset = packet[6], IPV6_HEADER_BYTES
    while header in _EXTENSION_HEADERS or header == _FRAGMENT_HEADER:
        if len(packet) < offset + 8:
            raise MalformedError("an IPv6 extension header is cut off")
        fragment = header == _FRAGMENT_HEADER
        if fragment and _UINT16.unpack_from(packet, offset + 2)[0] >> 3:
            return None  # not the first fragment: it has no ICMP header
        header, length = packet[offset], packet[offset + 1]
        offset += 8 if fragment else 8 + 8 * length
    if header != _PROTOCOL_ICMPV6:
        return None
    return _echo_request(packet[offset:], ICMPV6, packet[24:40])


def _echo_request(
    message: bytes, protocol: Protocol, destination: bytes
) -> tuple[int, int, bytes] | None:
    if len(message) < HEADER_BYTES:
        raise MalformedError("an ICMP error embeds less than an ICMP header")
    kind, _, _, identifier, sequence = _HEADER.unpack_from(message)
    return (identifier, sequence, destination) if kind == protocol.echo_request else None


def _told_mtu(message: bytes, protocol: Protocol, kind: int, code: int) -> int:
    """Return the next hop's MTU (RFC 1191 section 4, RFC 4443 section 3.2), 0 if none is told."""
    too_big, with_code = protocol.too_big
    if kind != too_big or with_code not in (None, code):
        return 0
    mtu: int = struct.unpack_from("!I", message, 4)[0]
    return mtu & 0xFFFF if protocol is ICMPV4 else mtu

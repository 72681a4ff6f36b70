"""Packets as hosts and routers on the way would send them."""

import struct

from netwatch.wire.icmp import checksum, protocol_of

IPV4_DESTINATION = bytes([192, 0, 2, 7])
IPV6_DESTINATION = bytes.fromhex("20010db8000000000000000000000007")


def numbered(message: bytes, sequence: int) -> bytes:
    """A request of ours, or its reply, with this sequence number in both of its places."""
    there, complement = struct.pack("!H", sequence), struct.pack("!H", sequence ^ 0xFFFF)
    return message[:6] + there + message[8:16] + complement + message[18:]


def reply_to(request: bytes, family: int) -> bytes:
    """What a host answers: another type, another checksum, and the rest as it came."""
    reply = bytearray(request)
    reply[0] = protocol_of(family).echo_reply
    reply[2:4] = b"\0\0"
    if family == 4:
        reply[2:4] = struct.pack("!H", checksum(reply))
    return bytes(reply)


def ipv4_packet(
    payload: bytes,
    *,
    protocol: int = 1,
    options: bytes = b"",
    ttl: int = 64,
    destination: bytes = IPV4_DESTINATION,
    fragment_offset: int = 0,
) -> bytes:
    """`options` come in whole words, as RFC 791 pads them."""
    header_bytes = 20 + len(options)
    header = struct.pack(
        "!BBHHHBBH4s4s",
        *(0x40 | header_bytes // 4, 0, header_bytes + len(payload)),
        *(0x1234, fragment_offset, ttl, protocol, 0),
        *(bytes([192, 0, 2, 1]), destination),
    )
    return header + options + payload


def ipv6_packet(
    payload: bytes,
    *,
    extensions: tuple[tuple[int, int], ...] = (),
    next_header: int = 58,
    destination: bytes = IPV6_DESTINATION,
    fragment_offset: int = 0,
) -> bytes:
    """`extensions` are (number, units of eight bytes beyond the first) in order."""
    numbers = [number for number, _ in extensions] + [next_header]
    chain = b""
    for (number, units), following in zip(extensions, numbers[1:], strict=True):
        if number == 44:
            chain += struct.pack("!BBHI", following, 0xFF, fragment_offset << 3 | 1, 7)
        else:
            chain += bytes([following, units]) + bytes(6 + 8 * units)
    source = bytes.fromhex("fe80" + "00" * 13 + "01")
    length = len(chain) + len(payload)
    return (
        struct.pack("!IHBB", 6 << 28, length, numbers[0], 64)
        + source
        + destination
        + (chain + payload)
    )


def error_about(packet: bytes, kind: int, code: int = 0, rest: int = 0) -> bytes:
    """An ICMP error that embeds `packet`; `rest` is the second word of its header."""
    return struct.pack("!BBHI", kind, code, 0, rest) + packet

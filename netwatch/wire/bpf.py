"""The classic BPF filters that keep a raw ICMP socket asleep while others ping.

Every raw ICMP socket of a host gets every ICMP packet. The filter lets through echo replies with
one of our identifiers, and ICMP errors that embed an echo request with one of them. It may let
through too much, never too little: who answered is judged again by the codec and the ledger.

Instructions: linux/filter.h, linux/bpf_common.h; the numbers are those of `bpf_asm(8)`.
"""

import struct
from collections.abc import Iterable

from netwatch.wire.icmp import HEADER_BYTES, ICMPV4, ICMPV6, IPV6_HEADER_BYTES

LOAD_HALF_AT_X = 0x48  # BPF_LD | BPF_H | BPF_IND
LOAD_BYTE_AT_X = 0x50  # BPF_LD | BPF_B | BPF_IND
LOAD_HALF = 0x28  # BPF_LD | BPF_H | BPF_ABS
LOAD_BYTE = 0x30  # BPF_LD | BPF_B | BPF_ABS
LOAD_X_IP_HEADER_LENGTH = 0xB1  # BPF_LDX | BPF_B | BPF_MSH: X = 4 * (byte & 0xf)
ADD_X = 0x0C  # BPF_ALU | BPF_ADD | BPF_X
AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
SHIFT_LEFT = 0x64  # BPF_ALU | BPF_LSH | BPF_K
X_FROM_A = 0x07  # BPF_MISC | BPF_TAX
JUMP_IF_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
JUMP = 0x05  # BPF_JMP | BPF_JA
RETURN = 0x06  # BPF_RET | BPF_K

WHOLE_PACKET = 0xFFFF_FFFF
DROP = 0

_IDENTIFIER = 4  # offset in the echo header

Instruction = tuple[int, int, int, int]
"""Operation, jump if true, jump if false, operand; jumps count from the next instruction."""

_PACK = struct.Struct("=HBBI")
INSTRUCTION_BYTES = _PACK.size


def pack(program: Iterable[Instruction]) -> bytes:
    """Return the program as an array of `struct sock_filter`."""
    return b"".join(_PACK.pack(*instruction) for instruction in program)


def ipv4_filter(identifiers: Iterable[int]) -> list[Instruction]:
    """Return the filter for a raw IPv4 socket, which sees the IP header."""
    embedded = HEADER_BYTES
    on_reply = [(LOAD_HALF_AT_X, 0, 0, _IDENTIFIER)]
    on_error = [
        (LOAD_BYTE_AT_X, 0, 0, embedded),
        (AND, 0, 0, 0x0F),
        (SHIFT_LEFT, 0, 0, 2),
        (ADD_X, 0, 0, 0),
        (X_FROM_A, 0, 0, 0),  # X = both IP headers
        (LOAD_HALF_AT_X, 0, 0, embedded + _IDENTIFIER),
    ]
    start = [(LOAD_X_IP_HEADER_LENGTH, 0, 0, 0), (LOAD_BYTE_AT_X, 0, 0, 0)]
    return [*start, *_by_type(ICMPV4.echo_reply, ICMPV4.errors, on_reply, on_error, identifiers)]


def ipv6_filter(identifiers: Iterable[int]) -> list[Instruction]:
    """Return the filter for a raw ICMPv6 socket, whose packets start with the ICMP header.

    Errors about a request behind extension headers all pass; they are rare.
    """
    next_header = HEADER_BYTES + 6
    on_reply = [(LOAD_HALF, 0, 0, _IDENTIFIER)]
    on_error = [
        (LOAD_BYTE, 0, 0, next_header),
        (JUMP_IF_EQUAL, 0, 2, 58),
        (LOAD_HALF, 0, 0, HEADER_BYTES + IPV6_HEADER_BYTES + _IDENTIFIER),
        (JUMP, 0, 0, 4),
        (JUMP_IF_EQUAL, 2, 0, 6),  # about TCP
        (JUMP_IF_EQUAL, 1, 0, 17),  # about UDP
        (RETURN, 0, 0, WHOLE_PACKET),
        (RETURN, 0, 0, DROP),
    ]
    start = [(LOAD_BYTE, 0, 0, 0)]
    return [*start, *_by_type(ICMPV6.echo_reply, ICMPV6.errors, on_reply, on_error, identifiers)]


def _by_type(
    reply: int,
    errors: Iterable[int],
    on_reply: list[Instruction],
    on_error: list[Instruction],
    identifiers: Iterable[int],
) -> list[Instruction]:
    """Branch on the ICMP type in A, load the identifier, and compare it with ours."""
    kinds = sorted(errors)
    to_reply = len(kinds) + 1
    program: list[Instruction] = [(JUMP_IF_EQUAL, to_reply, 0, reply)]
    program += [
        (JUMP_IF_EQUAL, to_reply - index + len(on_reply), 0, kind)
        for index, kind in enumerate(kinds)
    ]
    program += [
        (RETURN, 0, 0, DROP),
        *on_reply,
        (JUMP, 0, 0, len(on_error)),
        *on_error,
    ]
    for identifier in identifiers:
        program += [(JUMP_IF_EQUAL, 0, 1, identifier), (RETURN, 0, 0, WHOLE_PACKET)]
    return [*program, (RETURN, 0, 0, DROP)]

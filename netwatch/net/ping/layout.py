"""Where the values stand in a slot that the kernel filled, so that one `struct` reads a message.

Values are read in the byte order of this machine: what is only compared need not be turned around,
and `SWAPPED` turns a sequence number around.
"""

import struct
from array import array
from typing import NamedTuple

from netwatch.net.ping.mmsg import CONTROL_BYTES, DATA_OFFSET, NAME_BYTES
from netwatch.wire.icmp import HEADER_BYTES, IPV6_HEADER_BYTES, NONCE_BYTES

IPV4_HEADER_BYTES = 20
LINK_HEADER_BYTES = 14
"""Of Ethernet and of the loopback."""

# Control messages (cmsg(3)) with their header, as CMSG_SPACE counts.
_CONTROL_HEADER_BYTES = 16
_STAMPING_BYTES = 64  # SCM_TIMESTAMPING: three struct timespec
_STAMP_NS_BYTES = 32  # SCM_TIMESTAMPNS: one
_HOP_LIMIT_BYTES = 24  # IP_TTL or IPV6_HOPLIMIT: an int
_EXTENDED_ERROR_BYTES = {4: 48, 6: 64}  # IP_RECVERR or IPV6_RECVERR, with the offender's address
_ORIGIN_OFFSET = _CONTROL_HEADER_BYTES + 4  # ee_origin of linux/errqueue.h

SWAPPED = array("H", range(1 << 16))
"""SWAPPED[n] is n with its bytes turned around, on machines that need that."""
if struct.unpack("=H", b"\0\1")[0] != 1:
    SWAPPED.byteswap()
SEQUENCES = memoryview(SWAPPED)
"""All sequence numbers in order, as they stand in packets."""
COMPLEMENTS = memoryview(array("H", (number ^ 0xFFFF for number in SWAPPED)))
"""What stands in the payload of each, so that the checksum is the same for all."""


Row = tuple[bytes, int, int, int, int, int, int, bytes, int, bytes]
"""A plain echo reply; `reply_layout` names the values."""
Departure = tuple[int, int, int, int, bytes]
"""A request that left; `departure_layout` names the values."""


class SlotLayout(NamedTuple):
    """How to read slots in which control data and data have just these lengths."""

    values: struct.Struct
    control_bytes: int
    data_bytes: int


def reply_layout(
    family: int, *, is_raw: bool, payload_bytes: int, has_send_stamps: bool, stride: int
) -> SlotLayout:
    """Return the layout of a plain echo reply.

    Its values: sender (packed), stamp (seconds, nanoseconds), hop limit, kind (type, code, and for
    IPv4 the checksum), identifier, sequence, nonce, complement, pattern.
    """
    stamp_bytes = _STAMPING_BYTES if has_send_stamps else _STAMP_NS_BYTES
    has_ip_header = is_raw and family == 4  # noqa: PLR2004
    control_bytes = stamp_bytes + (0 if has_ip_header else _HOP_LIMIT_BYTES)
    parts = (
        "=4x4s24x" if family == 4 else "=8x16s8x",  # noqa: PLR2004
        f"16xqq{stamp_bytes - 32}x",
        "" if has_ip_header else "16xi4x",
        f"{CONTROL_BYTES - control_bytes}x",
        "8xB11x" if has_ip_header else "",
        _message(family, payload_bytes),
    )
    used = struct.calcsize("".join(parts))
    values = struct.Struct("".join((*parts, f"{stride - used}x")))
    return SlotLayout(values, control_bytes, used - DATA_OFFSET)


def message_values(family: int, message: bytes) -> tuple[int, int, int, bytes, int, bytes]:
    """Return the values of an ICMP message, from `kind` on."""
    layout = _message(family, len(message) - HEADER_BYTES)
    values: tuple[int, int, int, bytes, int, bytes] = struct.unpack(f"={layout}", message)
    return values


def _message(family: int, payload_bytes: int) -> str:
    header = "IHH" if family == 4 else "H2xHH"  # noqa: PLR2004
    return f"{header}{NONCE_BYTES}sH{payload_bytes - NONCE_BYTES - 2}s"


def departure_layout(family: int, *, link_header_bytes: int, stride: int) -> SlotLayout:
    """Return the layout of a request that comes back with its time.

    Its values: stamp (seconds, nanoseconds), origin (linux/errqueue.h), sequence, nonce. How long
    the data is depends on the link, and is 0 here.
    """
    before = _before_error(family)
    ip_header = IPV4_HEADER_BYTES if family == 4 else IPV6_HEADER_BYTES  # noqa: PLR2004
    control = f"=32x16xqq{before - 32}x{_ORIGIN_OFFSET}xB"
    to_sequence = DATA_OFFSET + link_header_bytes + ip_header + 6 - struct.calcsize(control)
    used = f"{control}{to_sequence}xH{NONCE_BYTES}s"
    values = struct.Struct(f"{used}{stride - struct.calcsize(used)}x")
    return SlotLayout(values, before + _EXTENDED_ERROR_BYTES[family], 0)


def origin_offset(family: int) -> int:
    """Return where in a slot the origin of an extended error stands."""
    return NAME_BYTES + _before_error(family) + _ORIGIN_OFFSET


def _before_error(family: int) -> int:
    """Return how many bytes of control messages come before the extended error."""
    return _STAMPING_BYTES + (_HOP_LIMIT_BYTES if family == 6 else 0)  # noqa: PLR2004

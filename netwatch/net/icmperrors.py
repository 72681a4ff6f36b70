"""What ICMP said about the datagrams of a socket: the kernel keeps it in the socket's error queue.

Without the queue, errno(3) would be all there is: it does not tell a firewall that prohibits from
a router without a route, and most errors are not even reported. See IP_RECVERR in ip(7).
"""

import socket
import struct

from netwatch.model import ProbeError
from netwatch.net.ping.opening import IP_RECVERR, IPV6_RECVERR
from netwatch.net.ping.reasons import of_icmp_error
from netwatch.wire.icmp import EchoFailure

MSG_ERRQUEUE = 0x2000
_CONTROL_BYTES = 512
_EXTENDED_ERROR = struct.Struct("=IBBBxII")  # linux/errqueue.h: struct sock_extended_err
_FAMILY_OF_ORIGIN = {2: 4, 3: 6}  # SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6
_OPTIONS = {
    socket.AF_INET: (socket.IPPROTO_IP, IP_RECVERR),
    socket.AF_INET6: (socket.IPPROTO_IPV6, IPV6_RECVERR),
}


def keep_icmp_errors(opened: socket.socket) -> None:
    """Have the kernel report all errors, and keep what they said."""
    level, option = _OPTIONS[socket.AddressFamily(opened.family)]
    opened.setsockopt(level, option, 1)


def next_icmp_error(opened: socket.socket) -> ProbeError | None:
    """Take the oldest error from the queue; None where it is empty, or none of ICMP's."""
    try:
        _, ancillary, _, _ = opened.recvmsg(0, _CONTROL_BYTES, MSG_ERRQUEUE)
    except BlockingIOError:
        return None
    for level, kind, content in ancillary:
        if (level, kind) in _OPTIONS.values():
            _, origin, icmp_type, code, info, _ = _EXTENDED_ERROR.unpack_from(content)
            if family := _FAMILY_OF_ORIGIN.get(origin):
                failure = EchoFailure(icmp_type, code, 0, 0, b"", info)
                return ProbeError(*of_icmp_error(failure, family))
    return None

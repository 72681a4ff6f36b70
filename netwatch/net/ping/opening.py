"""Opening ICMP sockets: raw where we may, datagram (icmp(7)) where not, and with which options."""

import contextlib
import socket
from typing import NamedTuple

import icmplib

from netwatch.model import Outcome, ProbeError

# From Linux headers; Python exports none of these.
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
SO_TIMESTAMPING = 37
IP_MTU_DISCOVER = 10
IP_RECVERR = 11
IP_RECVTTL = 12
IPV6_MTU_DISCOVER = 23
IPV6_RECVERR = 25
PMTUDISC_DONT = 0
PMTUDISC_PROBE = 3

# linux/net_tstamp.h: software stamps of what leaves and what comes, both told in software time.
SOF_TIMESTAMPING_TX_SOFTWARE = 1 << 1
SOF_TIMESTAMPING_RX_SOFTWARE = 1 << 3
SOF_TIMESTAMPING_SOFTWARE = 1 << 4
_STAMPS = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE

RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024

NOBODY_LETS_US_PING = (
    "this process may open no ICMP socket; either give it the capability NET_RAW (run it as root, "
    "`setcap cap_net_raw+ep` on the Python interpreter, or capabilities.add in a container that "
    "runs as UID 0), or let its group use ICMP datagram sockets "
    "(`sysctl -w net.ipv4.ping_group_range='0 2147483647'`)"
)


class ChannelOptions(NamedTuple):
    """What a socket is made for; targets that agree in all of it share one."""

    family: int = 4
    ttl: int = 64
    dscp: int = 0
    dont_fragment: bool = False
    source_address: str = ""
    interface: str = ""
    payload_bytes: int = 56

    def __str__(self) -> str:
        """Name what is particular: `IPv4 from 10.0.0.9 through eth1`."""
        source = f" from {self.source_address}" if self.source_address else ""
        interface = f" through {self.interface}" if self.interface else ""
        return f"IPv{self.family}{source}{interface}"


class ChannelError(ProbeError):
    """The socket cannot be opened as asked: our own trouble, never the network's."""

    def __init__(self, detail: str) -> None:
        super().__init__(Outcome.LOCAL, detail)


class PrivilegeError(ChannelError):
    """Neither kind of ICMP socket is allowed; the message has both remedies."""

    def __init__(self) -> None:
        super().__init__(NOBODY_LETS_US_PING)


def open_socket(options: ChannelOptions) -> icmplib.ICMPv4Socket | icmplib.ICMPv6Socket:
    """Return an open, non-blocking socket with `options` set; `.is_privileged` says if it is raw.

    Raises ChannelError, and PrivilegeError where the kernel allows neither kind.
    """
    try:
        owner = _create(options, raw=True)
    except icmplib.SocketPermissionError:
        owner = _create_datagram(options)
    try:
        _configure(owner.sock, options, is_raw=owner.is_privileged)
    except OSError as error:
        owner.close()
        raise ChannelError(f"ICMP socket for {options}: {error.strerror}") from error
    return owner


def _create(options: ChannelOptions, *, raw: bool) -> icmplib.ICMPv4Socket | icmplib.ICMPv6Socket:
    kind = icmplib.ICMPv4Socket if options.family == 4 else icmplib.ICMPv6Socket  # noqa: PLR2004
    try:
        return kind(address=options.source_address or None, privileged=raw)
    except icmplib.SocketPermissionError:
        raise
    except icmplib.ICMPSocketError as error:
        raise ChannelError(f"ICMP socket for {options}: {error}") from error


def _create_datagram(options: ChannelOptions) -> icmplib.ICMPv4Socket | icmplib.ICMPv6Socket:
    try:
        owner = _create(options, raw=False)
    except icmplib.SocketPermissionError:
        raise PrivilegeError from None
    if not options.source_address:
        # Any bind makes the kernel choose the identifier now; choosing one ourselves would
        # succeed even where another process has it, and steal that one's replies.
        owner.sock.bind(("", 0))
    return owner


def _configure(opened: socket.socket, options: ChannelOptions, *, is_raw: bool) -> None:
    opened.setblocking(False)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    with contextlib.suppress(PermissionError):  # only CAP_NET_ADMIN may exceed rmem_max
        opened.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES)
    if options.interface:
        name = options.interface.encode()
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name)
    for level, option, value in _ip_options(options, is_raw=is_raw):
        opened.setsockopt(level, option, value)


def stamp_both_ways(opened: socket.socket) -> bool:
    """Ask for kernel stamps of what is received and, where the kernel can, of what is sent."""
    try:
        opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, _STAMPS)
    except OSError:
        opened.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        return False
    return True


def keep_stamps_on() -> socket.socket:
    """Return a socket, to be closed, that makes the kernel stamp what it receives.

    It begins to do so a moment after the first socket asks; what came in between has no stamp.
    See net_enable_timestamp() of Linux.
    """
    try:
        keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    except OSError:  # a host without IPv4
        keeper = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    stamp_both_ways(keeper)
    return keeper


def _ip_options(options: ChannelOptions, *, is_raw: bool) -> list[tuple[int, int, int]]:
    """Return (level, option, value) of ip(7) or ipv6(7).

    Without don't-fragment the kernel fragments here, as ping does, whatever path MTU it learnt.
    With it, PROBE ignores the learnt path MTU too: every packet asks the path itself.
    """
    fragment = PMTUDISC_PROBE if options.dont_fragment else PMTUDISC_DONT
    if options.family == 4:  # noqa: PLR2004
        level = socket.IPPROTO_IP
        chosen = [
            (socket.IP_TTL, options.ttl),
            (socket.IP_TOS, options.dscp << 2),
            (IP_MTU_DISCOVER, fragment),
        ]
        datagram = [(IP_RECVERR, 1), (IP_RECVTTL, 1)]  # raw sockets get the IP header itself
    else:
        level = socket.IPPROTO_IPV6
        chosen = [
            (socket.IPV6_UNICAST_HOPS, options.ttl),
            (socket.IPV6_TCLASS, options.dscp << 2),
            (IPV6_MTU_DISCOVER, fragment),
            (socket.IPV6_DONTFRAG, int(options.dont_fragment)),
            (socket.IPV6_RECVHOPLIMIT, 1),
        ]
        datagram = [(IPV6_RECVERR, 1)]
    # Raw sockets get ICMP errors as packets; asked for their error queue too, they would
    # report one target's error at the send to another.
    return [(level, option, value) for option, value in (chosen if is_raw else chosen + datagram)]

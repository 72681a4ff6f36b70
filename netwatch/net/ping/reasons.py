"""What a refused send or an ICMP error says: outcome, and words for people."""

import errno
import os

from netwatch.model import Outcome
from netwatch.wire.icmp import EchoFailure

# What Linux answers at send(2): nftables and iptables EPERM, a `prohibit` route EACCES, a
# `blackhole` route EINVAL. The same EPERM and EACCES at socket(2) are our missing privilege,
# and do not come here.
_SEND_ERRORS = {
    errno.EPERM: (Outcome.BLOCKED, "a firewall on this host refused the packet"),
    errno.EACCES: (Outcome.BLOCKED, "a route of this host prohibits it"),
    errno.EINVAL: (Outcome.BLOCKED, "a route of this host is a black hole"),
    errno.ENETUNREACH: (Outcome.UNREACHABLE, "no route"),
    errno.EHOSTUNREACH: (Outcome.UNREACHABLE, "no route to host"),
    errno.ENETDOWN: (Outcome.UNREACHABLE, "the interface is down"),
    errno.ECONNREFUSED: (Outcome.REFUSED, "refused"),
    errno.EMSGSIZE: (Outcome.UNREACHABLE, "larger than the interface's MTU"),
}

# RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1.
_IPV4_UNREACHABLE = {
    0: (Outcome.UNREACHABLE, "network unreachable"),
    1: (Outcome.UNREACHABLE, "no route to host"),
    2: (Outcome.REFUSED, "protocol unreachable"),
    3: (Outcome.REFUSED, "port unreachable"),
    4: (Outcome.UNREACHABLE, "too big and not to be fragmented"),
    9: (Outcome.BLOCKED, "network administratively prohibited"),
    10: (Outcome.BLOCKED, "host administratively prohibited"),
    13: (Outcome.BLOCKED, "administratively prohibited"),
    14: (Outcome.BLOCKED, "precedence violation"),
    15: (Outcome.BLOCKED, "precedence cut off"),
}
# RFC 4443 section 3.1.
_IPV6_UNREACHABLE = {
    0: (Outcome.UNREACHABLE, "no route"),
    1: (Outcome.BLOCKED, "administratively prohibited"),
    3: (Outcome.UNREACHABLE, "no route to host"),
    4: (Outcome.REFUSED, "port unreachable"),
    5: (Outcome.BLOCKED, "source address failed a policy"),
    6: (Outcome.BLOCKED, "a route rejects it"),
}


def of_send_error(error: OSError) -> tuple[Outcome, str]:
    """Say what it means that the kernel did not accept a packet; what we do not know is ours."""
    number = error.errno or 0
    unknown = (Outcome.LOCAL, os.strerror(number) if number else str(error))
    return _SEND_ERRORS.get(number, unknown)


def of_icmp_error(failure: EchoFailure, family: int) -> tuple[Outcome, str]:
    """Say what an ICMP error about one of our packets means."""
    meaning = _of_icmpv4 if family == 4 else _of_icmpv6  # noqa: PLR2004
    outcome, words = meaning(failure.kind, failure.code)
    return outcome, f"{words} (next hop takes {failure.mtu} bytes)" if failure.mtu else words


def _of_icmpv4(kind: int, code: int) -> tuple[Outcome, str]:
    if kind == 3:  # noqa: PLR2004  # destination unreachable
        other = (Outcome.UNREACHABLE, f"unreachable (code {code})")
        return _IPV4_UNREACHABLE.get(code, other)
    return _of_common(expired=kind == 11, code=code)  # noqa: PLR2004


def _of_icmpv6(kind: int, code: int) -> tuple[Outcome, str]:
    if kind == 1:
        other = (Outcome.UNREACHABLE, f"unreachable (code {code})")
        return _IPV6_UNREACHABLE.get(code, other)
    if kind == 2:  # noqa: PLR2004
        return Outcome.UNREACHABLE, "too big"
    return _of_common(expired=kind == 3, code=code)  # noqa: PLR2004


def _of_common(*, expired: bool, code: int) -> tuple[Outcome, str]:
    if not expired:
        return Outcome.PROTOCOL, "a parameter problem in our packet"
    return Outcome.UNREACHABLE, "reassembly timed out" if code else "hop limit exceeded"

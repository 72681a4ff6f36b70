"""Asks on loopback of one family, and where nobody listens there, of the other.

kube-proxy's metrics are on `[::1]` where its bindAddress is of IPv6, and on 127.0.0.1 elsewhere.
"""

import errno
from collections.abc import Awaitable, Callable

_OTHER = {"127.0.0.1": "::1", "::1": "127.0.0.1"}
_NO_SUCH_FAMILY = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.ENETUNREACH})

Ask = Callable[[str], Awaitable[None]]
"""Asks a host."""


async def is_answered(ask: Ask, host: str) -> bool:
    """Ask, and return whether anybody listens; a host that is not loopback is asked alone."""
    try:
        await ask(host)
    except ConnectionRefusedError:
        return host in _OTHER and await _is_answered_there(ask, _OTHER[host])
    return True


async def _is_answered_there(ask: Ask, host: str) -> bool:
    """Ask on loopback of a family that this host may not have."""
    try:
        await ask(host)
    except ConnectionRefusedError:
        return False
    except OSError as error:
        if error.errno not in _NO_SUCH_FAMILY:
            raise
        return False
    return True

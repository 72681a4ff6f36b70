"""What an error of a socket means: the network's word, or a fault of our own."""

import errno
import os

from netwatch.model import Outcome

_OUTCOMES = {
    errno.ECONNREFUSED: Outcome.REFUSED,
    errno.ECONNRESET: Outcome.RESET,
    errno.ECONNABORTED: Outcome.RESET,
    errno.EPIPE: Outcome.RESET,
    errno.ETIMEDOUT: Outcome.TIMEOUT,
    errno.EHOSTUNREACH: Outcome.UNREACHABLE,
    errno.ENETUNREACH: Outcome.UNREACHABLE,
    errno.EHOSTDOWN: Outcome.UNREACHABLE,
    errno.ENETDOWN: Outcome.UNREACHABLE,
    errno.EMSGSIZE: Outcome.UNREACHABLE,
    errno.EPERM: Outcome.BLOCKED,
    errno.EACCES: Outcome.BLOCKED,
    errno.EINVAL: Outcome.BLOCKED,  # a `blackhole` route
}


def of_os_error(error: OSError) -> tuple[Outcome, str]:
    """Return what an error of a socket means; what is not about the network is our own fault."""
    number = error.errno or 0
    if number in _OUTCOMES:
        return _OUTCOMES[number], os.strerror(number)  # asyncio has its own words, with addresses
    return Outcome.LOCAL, error.strerror or str(error)

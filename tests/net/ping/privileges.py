"""Takes capabilities from the test's own thread for a while, as if it were no longer root."""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager

CAP_NET_ADMIN, CAP_NET_RAW = 12, 13

_HEADER = struct.pack("=Ii", 0x2008_0522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
_DATA = struct.Struct("=6I")  # effective, permitted, inheritable; the same for 32 to 63
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def without(*capabilities: int) -> Iterator[None]:
    """See capset(2); they stay permitted, and come back at the end of the block."""
    data = ctypes.create_string_buffer(_DATA.size)
    _call(_libc.capget(_HEADER, data))
    before = data.raw
    effective, *others = _DATA.unpack(before)
    for capability in capabilities:
        effective &= ~(1 << capability)
    _call(_libc.capset(_HEADER, _DATA.pack(effective, *others)))
    try:
        yield
    finally:
        _call(_libc.capset(_HEADER, before))


def _call(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))

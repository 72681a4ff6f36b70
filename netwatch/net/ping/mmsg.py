"""Many messages a system call: sendmmsg(2) and recvmmsg(2) by ctypes, in memory laid out once.

A ring is an array of `struct mmsghdr` and, for each, a slot with address, control data and data at
fixed places. So one `struct` reads a whole message, and no Python object is made but its values.
"""

import ctypes
import errno
import os
import socket
import struct
from typing import Literal

from netwatch.net.ping.sockaddr import address_of, control_data, sockaddr_of

NAME_BYTES = 32
CONTROL_BYTES = 192
DATA_OFFSET = NAME_BYTES + CONTROL_BYTES
"""Where the data begins in a slot."""

# struct mmsghdr of 64-bit Linux: a msghdr (name, its length, iov, iovlen, control, its length,
# flags), and how long the message was.
_HEADER = struct.Struct("=QI4xQQQQi4xI4x")
_IOVEC = struct.Struct("=QQ")
RECEIVED = struct.Struct("=40xQi4xI4x")
"""What receiving leaves in a header: length of the control data, flags, length of the data."""

Form = Literal["B", "H", "I", "Q", "i", "q"]
"""An integer as `struct` names it."""

_LIBC = ctypes.CDLL(None, use_errno=True)
IS_AVAILABLE = ctypes.sizeof(ctypes.c_void_p) == 8 and all(  # noqa: PLR2004  # as laid out above
    hasattr(_LIBC, name) for name in ("sendmmsg", "recvmmsg")
)
"""Whether the C library has both calls. Where it has not, each message is a call of its own."""

if IS_AVAILABLE:
    _LIBC.sendmmsg.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int)
    _LIBC.recvmmsg.argtypes = (*_LIBC.sendmmsg.argtypes, ctypes.c_void_p)


def _column(memory: memoryview, form: Form, offset: int, stride: int) -> memoryview:
    size = struct.calcsize(form)
    return memory.cast(form)[offset // size :: stride // size]


class _Ring:
    def __init__(self, count: int, data_bytes: int, name_bytes: int, control_bytes: int) -> None:
        self.count = count
        self.data_bytes = data_bytes
        self.stride = -(-(DATA_OFFSET + data_bytes) // 8) * 8
        self._slots = ctypes.create_string_buffer(self.stride * count)
        self._iovecs = ctypes.create_string_buffer(_IOVEC.size * count)
        self._headers = ctypes.create_string_buffer(_HEADER.size * count)
        self.slots = memoryview(self._slots).cast("B")
        self.headers = memoryview(self._headers).cast("B")
        slots, iovecs = ctypes.addressof(self._slots), ctypes.addressof(self._iovecs)
        for index in range(count):
            slot, iovec = slots + index * self.stride, index * _IOVEC.size
            _IOVEC.pack_into(self._iovecs, iovec, slot + DATA_OFFSET, data_bytes)
            control = slot + NAME_BYTES if control_bytes else 0
            fields = (slot, name_bytes, iovecs + iovec, 1, control, control_bytes, 0, 0)
            _HEADER.pack_into(self._headers, index * _HEADER.size, *fields)
        self._pristine = bytes(self.headers)

    def column(self, form: Form, offset: int) -> memoryview:
        """Return a view of what stands at this offset of each slot; `form` as in `struct`."""
        return _column(self.slots, form, offset, self.stride)

    def _header_pointer(self, index: int) -> int:
        return ctypes.addressof(self._headers) + index * _HEADER.size


class ReceiveRing(_Ring):
    """Room for `count` messages of up to `data_bytes`, read from `slots` and `headers`."""

    def __init__(self, count: int, data_bytes: int) -> None:
        super().__init__(count, data_bytes, NAME_BYTES, CONTROL_BYTES)
        self._used = 0
        """Headers in which the last call left something."""
        self.control_lengths = _column(self.headers, "Q", 40, _HEADER.size)
        self.data_lengths = _column(self.headers, "I", 56, _HEADER.size)

    def receive(self, opened: socket.socket, flags: int = 0) -> int:
        """Take in what waits, without waiting; return how many messages.

        Raises OSError for the pending error of a socket.
        """
        if not IS_AVAILABLE:
            return self._receive_one_by_one(opened, flags)
        pointer = self._header_pointer(0)
        ctypes.memmove(pointer, self._pristine, self._used * _HEADER.size)  # lengths overwritten
        self._used = 0
        flags |= socket.MSG_DONTWAIT
        number: int = _LIBC.recvmmsg(opened.fileno(), pointer, self.count, flags, None)
        if number < 0:
            number = ctypes.get_errno()
            if number != errno.EAGAIN:
                raise OSError(number, os.strerror(number))
            return 0
        self._used = number
        return number

    def _receive_one_by_one(self, opened: socket.socket, flags: int) -> int:
        """Leave in slots and headers what recvmmsg would leave there."""
        flags |= socket.MSG_DONTWAIT
        for index in range(self.count):
            slot = self.slots[index * self.stride : (index + 1) * self.stride]
            room = slot[DATA_OFFSET : DATA_OFFSET + self.data_bytes]
            try:
                length, ancillary, flags_back, address = opened.recvmsg_into(
                    [room], CONTROL_BYTES, flags
                )
            except BlockingIOError:
                return index
            name = sockaddr_of(address) if address else b""  # a request that left has none
            control = control_data(ancillary)
            slot[: len(name)] = name
            slot[NAME_BYTES : NAME_BYTES + len(control)] = control
            header = index * RECEIVED.size
            RECEIVED.pack_into(self._headers, header, len(control), flags_back, length)
        return self.count


class SendRing(_Ring):
    """Messages of `data_bytes` each, that differ in their address and in what `put` writes."""

    def __init__(self, count: int, data_bytes: int, name_bytes: int) -> None:
        super().__init__(count, data_bytes, name_bytes, 0)
        self._name_words = [self.column("I", start) for start in range(0, name_bytes, 4)]

    def load(self, data: bytes) -> None:
        """Fill all slots with the same data."""
        for index in range(self.count):
            start = index * self.stride + DATA_OFFSET
            self.slots[start : start + len(data)] = data

    def address(self, names: bytes) -> int:
        """Send the first messages to these, each a `struct sockaddr`; return how many they are."""
        words = memoryview(names).cast("I")
        number = len(words) // len(self._name_words)
        for index, column in enumerate(self._name_words):
            column[:number] = words[index :: len(self._name_words)]
        return number

    def send(self, opened: socket.socket, first: int, end: int) -> int:
        """Send the messages from `first` to `end`, and return how many the kernel took in a row.

        Raises OSError where it does not take the first one.
        """
        if not IS_AVAILABLE:
            return self._send_one(opened, first)
        pointer = self._header_pointer(first)
        number: int = _LIBC.sendmmsg(opened.fileno(), pointer, end - first, socket.MSG_DONTWAIT)
        if number < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return number

    def _send_one(self, opened: socket.socket, index: int) -> int:
        slot = self.slots[index * self.stride : (index + 1) * self.stride]
        data = slot[DATA_OFFSET : DATA_OFFSET + self.data_bytes]
        opened.sendto(data, socket.MSG_DONTWAIT, address_of(bytes(slot[:NAME_BYTES])))
        return 1

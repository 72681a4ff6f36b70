"""Reads what the responder recorded: one row per echo request that left the device."""

import os
import socket
import struct
from enum import IntFlag
from typing import Any, NamedTuple


class Fate(IntFlag):
    """What befell a request; `responder.h` has the same numbers."""

    MALFORMED = 1
    LOST = 2
    ERROR = 4
    WRONG_SOURCE = 8
    CORRUPT_PAYLOAD = 16
    CORRUPT_CHECKSUM = 32
    TRUNCATED = 64
    DUPLICATED = 128
    REORDERED = 256
    LATE = 512


class Record(NamedTuple):
    """One request, and how it was answered.

    `out_ns` is when it left the device by the kernel's stamp, and `in_ns` when the first answer
    was about to be written: CLOCK_REALTIME, comparable with the stamps of sockets; `in_ns` is 0
    before that. `hold_ns` lies between them, but by CLOCK_MONOTONIC. `pending` answers wait,
    `answers` were written. `line` is that of the rule, 0 if none matched. `payload` is how the
    payload begins, `size_bytes` the whole packet's.
    """

    destination: str
    payload: bytes
    out_ns: int
    in_ns: int
    hold_ns: int
    fate: Fate
    pending: int
    answers: int
    line: int
    identifier: int
    sequence: int
    size_bytes: int
    family: int
    hop_limit: int


class Book:
    """The file of records, in memory; it may be read while the responder writes."""

    _HEADER = struct.Struct("=QQ48x")
    _RECORD = struct.Struct("=16s8s3q7H2B")

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("records")
        """For the responder to inherit."""

    def close(self) -> None:
        os.close(self.descriptor)

    @property
    def path(self) -> str:
        """Where whoever inherited the descriptor finds the file."""
        return f"/dev/fd/{self.descriptor}"

    def __len__(self) -> int:
        return self._read_header()[0]

    @property
    def flooded(self) -> int:
        """How many packets of the flood were written."""
        return self._read_header()[1]

    def rows(self, start: int = 0) -> list[Record]:
        """Return the records from number `start` on, in the order of the requests."""
        size = (len(self) - start) * self._RECORD.size
        data = os.pread(self.descriptor, size, self._HEADER.size + start * self._RECORD.size)
        return [_record(columns) for columns in self._RECORD.iter_unpack(data)]

    def _read_header(self) -> tuple[int, int]:
        header = os.pread(self.descriptor, self._HEADER.size, 0)
        records, flooded = self._HEADER.unpack(header) if header else (0, 0)
        return records, flooded


def _record(columns: tuple[Any, ...]) -> Record:
    row = Record(*columns)
    if row.family == 4:
        address = socket.inet_ntop(socket.AF_INET, columns[0][12:])
    else:
        address = socket.inet_ntop(socket.AF_INET6, columns[0])
    return row._replace(destination=address, fate=Fate(columns[5]))

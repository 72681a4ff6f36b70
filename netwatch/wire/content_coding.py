"""Undoing the compression of a body (RFC 9110 section 8.4.1) without falling for a bomb."""

import zlib
from collections.abc import Iterator

PIECE_BYTES = 65536
"""To unpack so much takes a few tenths of a millisecond."""

CODINGS = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
"""What can be undone; "" and `identity` are no compression."""

_GZIP = zlib.MAX_WBITS | 16
_ZLIB = zlib.MAX_WBITS
_RAW = -zlib.MAX_WBITS
_ZLIB_HEADER_BYTES = 2
_DEFLATE_METHOD = 8
_ZLIB_CHECK = 31


class MalformedBodyError(ValueError):
    """The body is not what its Content-Encoding says."""


class Decoder:
    """Undoes one coding, piece by piece.

    Raises MalformedBodyError for a coding that is not among CODINGS.
    """

    def __init__(self, coding: str) -> None:
        if coding not in CODINGS:
            raise MalformedBodyError(f"found the coding {coding!r}, expected gzip, deflate or none")
        self._coding = coding.removeprefix("x-").removeprefix("identity")
        self._inflate = zlib.decompressobj(_GZIP)
        self._head = b""

    def decode(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` adds, in pieces of `PIECE_BYTES` at most where it was compressed.

        Each is unpacked when it is asked for, so whoever has seen enough stops asking, and all else
        may go on in between. Raises MalformedBodyError.
        """
        if not self._coding:
            yield data
            return
        if len(self._head) < _ZLIB_HEADER_BYTES:
            self._head = data = self._head + data
            if len(data) < _ZLIB_HEADER_BYTES:
                return
            self._inflate = zlib.decompressobj(self._window_bits(data))
        try:
            yield from self._inflated(data)
        except zlib.error as error:
            raise MalformedBodyError(f"the body cannot be decompressed: {error}") from error

    def end(self) -> None:
        """Raise MalformedBodyError if the body stops in the middle."""
        if self._head and not self._inflate.eof:
            raise MalformedBodyError("the compressed body stops in the middle")

    def _window_bits(self, head: bytes) -> int:
        """Tell zlib's format (RFC 1950 section 2.2) from bare deflate, which some servers send."""
        if self._coding == "gzip":
            return _GZIP
        is_zlib = head[0] & 0x0F == _DEFLATE_METHOD and int.from_bytes(head[:2]) % _ZLIB_CHECK == 0
        return _ZLIB if is_zlib else _RAW

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._inflate.eof:
                if self._coding != "gzip":
                    raise MalformedBodyError("the body goes on after its compressed part")
                self._inflate = zlib.decompressobj(_GZIP)  # RFC 1952 section 2.2: the next member
            yield self._inflate.decompress(data, PIECE_BYTES)
            data = self._inflate.unconsumed_tail or self._inflate.unused_data

"""Undoing the compression of a body (RFC 9110 section 8.4.1) without falling for a bomb."""

import zlib

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

    def decode(self, data: bytes, max_bytes: int) -> bytes:
        """Return what `data` adds, or its first `max_bytes`; then there is no going on.

        Raises MalformedBodyError.
        """
        if not self._coding:
            return data[:max_bytes]
        if len(self._head) < _ZLIB_HEADER_BYTES:
            self._head = data = self._head + data
            if len(data) < _ZLIB_HEADER_BYTES:
                return b""
            self._inflate = zlib.decompressobj(self._window_bits(data))
        try:
            return self._inflated(data, max_bytes)
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

    def _inflated(self, data: bytes, max_bytes: int) -> bytes:
        found = b""
        while data and len(found) < max_bytes:
            if self._inflate.eof:
                if self._coding != "gzip":
                    raise MalformedBodyError("the body goes on after its compressed part")
                self._inflate = zlib.decompressobj(_GZIP)  # RFC 1952 section 2.2: the next member
            found += self._inflate.decompress(data, max_bytes - len(found))
            data = self._inflate.unconsumed_tail or self._inflate.unused_data
        return found

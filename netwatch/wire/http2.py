"""HTTP/2 frames (RFC 9113 section 4.1), as far as it takes to tell a goodbye from an end."""

from collections.abc import Iterator

_HEADER_BYTES = 9
_GOAWAY = 7
_NO_ERROR = 0
_STREAM_BITS = 0x7FFF_FFFF


class Goodbyes:
    """Holds back each GOAWAY after which a stream still gets its answer (RFC 9113 section 6.8).

    A server that shuts down in peace sends one before it answers what it has accepted; h2 would
    take it for the end of all streams.
    """

    def __init__(self, stream_id: int) -> None:
        self.are_heard = False
        self._stream_id = stream_id
        self._unread = b""

    def without(self, data: bytes) -> bytes:
        """Return the other frames of what has come; what is no whole frame yet waits for more."""
        return b"".join(frame for frame in self._frames(data) if not self._is_goodbye(frame))

    def _frames(self, data: bytes) -> Iterator[bytes]:
        self._unread += data
        while len(self._unread) >= _HEADER_BYTES:
            end = _HEADER_BYTES + int.from_bytes(self._unread[:3])
            if len(self._unread) < end:
                break
            frame, self._unread = self._unread[:end], self._unread[end:]
            yield frame

    def _is_goodbye(self, frame: bytes) -> bool:
        if frame[3] != _GOAWAY or len(frame) < _HEADER_BYTES + 8:
            return False
        last_stream_id = int.from_bytes(frame[9:13]) & _STREAM_BITS
        is_one = int.from_bytes(frame[13:17]) == _NO_ERROR and last_stream_id >= self._stream_id
        self.are_heard |= is_one
        return is_one

"""What is kept of the body of a response: its size, and as much of its content as is asked for."""

from netwatch.wire.content_coding import Decoder, MalformedBodyError


class TooLargeError(Exception):
    """The body is larger than the limit."""


class Body:
    """A body as it comes in: `size_bytes` and `content` are without its compression.

    With `keep` false the content is not kept, and a coding that is not known is left as it is.
    """

    def __init__(self, coding: str, max_bytes: int, *, keep: bool) -> None:
        self.size_bytes = 0
        self._max_bytes = max_bytes
        self._keep = keep
        self._parts: list[bytes] = []
        try:
            self._decoder = Decoder(coding.strip().lower())
        except MalformedBodyError:
            if keep:
                raise
            self._decoder = Decoder("identity")

    @property
    def content(self) -> bytes:
        """All of it so far."""
        return b"".join(self._parts)

    def add(self, data: bytes) -> None:
        """Take what has come. Raises TooLargeError or MalformedBodyError."""
        part = self._decoder.decode(data, self._max_bytes - self.size_bytes + 1)
        self.size_bytes += len(part)
        if self.size_bytes > self._max_bytes:
            raise TooLargeError
        if self._keep:
            self._parts.append(part)

    def end(self) -> None:
        """Take that nothing more comes. Raises MalformedBodyError."""
        self._decoder.end()

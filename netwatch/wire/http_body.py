"""What is kept of the body of a response: its size, and as much of its content as is asked for."""

from collections.abc import Iterator, Sequence

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
    def parts(self) -> Sequence[bytes]:
        """All of it so far, as it came."""
        return self._parts

    @property
    def content(self) -> bytes:
        """The same, put together: that takes a millisecond for 5 MB."""
        return b"".join(self._parts)

    def add(self, data: bytes) -> Iterator[None]:
        """Take what has come, giving way after each part.

        Raises TooLargeError or MalformedBodyError.
        """
        for part in self._decoder.decode(data):
            self.size_bytes += len(part)
            if self.size_bytes > self._max_bytes:
                raise TooLargeError
            if self._keep:
                self._parts.append(part)
            yield

    def end(self) -> None:
        """Take that nothing more comes. Raises MalformedBodyError."""
        self._decoder.end()

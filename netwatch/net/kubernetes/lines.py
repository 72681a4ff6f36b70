"""Cuts a stream into lines, and keeps none that is too long."""

from collections.abc import Iterator

from netwatch.net.kubernetes.errors import MalformedAnswerError

MAX_LINE_BYTES = 8 * 2**20
"""etcd keeps no object above 1.5 MiB."""


class Lines:
    """What came of a stream of lines; pure."""

    def __init__(self, max_bytes: int = MAX_LINE_BYTES) -> None:
        self._max_bytes = max_bytes
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the lines that `chunk` completes, without their ends and empty ones.

        Raises MalformedAnswerError for a line that is too long; the stream is of no use then.
        """
        *complete, rest = chunk.split(b"\n")
        for end in complete:
            self._keep(end)
            line, self._rest = bytes(self._rest), bytearray()
            if line:
                yield line
        self._keep(rest)

    def _keep(self, part: bytes) -> None:
        self._rest += part
        if len(self._rest) > self._max_bytes:
            found = f"found a line of more than {self._max_bytes} bytes"
            raise MalformedAnswerError(f"{found}, expected an object of the API")

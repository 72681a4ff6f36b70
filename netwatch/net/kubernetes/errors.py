"""What may go wrong between us and the Kubernetes API."""

UNAUTHORIZED = 401
GONE = 410
GATEWAY_TIMEOUT = 504


class ApiError(Exception):
    """The server could not be asked, or refused; the message says why.

    `status` is what it answered (HTTP), 0 where it did not; it wants to be left alone for
    `retry_after_seconds`.
    """

    def __init__(self, why: str, *, status: int = 0, retry_after_seconds: float = 0.0) -> None:
        super().__init__(why)
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_version_gone(self) -> bool:
        """Whether the server cannot go on from the version we know, and must be asked for all.

        It says 410 where the version is too old, and 504 where it is newer than all it knows,
        which is so after a backup was restored.
        """
        return self.status in {GONE, GATEWAY_TIMEOUT}


class MalformedAnswerError(ApiError):
    """What came is not what was asked for, or too much of it."""

    @property
    def is_version_gone(self) -> bool:
        """Only a new list helps: the server would send the same again."""
        return True

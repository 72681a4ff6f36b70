import pytest

from netwatch.net.kubernetes.errors import ApiError, MalformedAnswerError


@pytest.mark.parametrize(
    ("status", "is_gone"), [(410, True), (504, True), (500, False), (429, False), (0, False)]
)
def test_a_version_that_the_server_does_not_have_is_known_by_the_status(
    status: int, is_gone: bool
) -> None:
    assert ApiError("why", status=status).is_version_gone is is_gone


def test_what_cannot_be_read_would_be_sent_again_from_the_same_version() -> None:
    assert MalformedAnswerError("why").is_version_gone

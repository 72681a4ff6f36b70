import pytest

from netwatch.net.kubernetes.errors import ApiError, MalformedAnswerError


@pytest.mark.parametrize("status", [410, 504])
def test_a_version_that_the_server_does_not_have_is_known_by_the_status(status: int) -> None:
    assert ApiError("why", status=status).is_version_gone


@pytest.mark.parametrize("status", [0, 401, 403, 429, 500, 503])
def test_after_other_trouble_the_version_is_as_good_as_before(status: int) -> None:
    assert not ApiError("why", status=status).is_version_gone


def test_what_cannot_be_read_would_be_sent_again_from_the_same_version() -> None:
    assert MalformedAnswerError("why").is_version_gone

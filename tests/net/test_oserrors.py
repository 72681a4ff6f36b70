import errno
import os

import pytest

from netwatch.model import Outcome
from netwatch.net.oserrors import of_os_error


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (errno.ECONNREFUSED, Outcome.REFUSED),
        (errno.EHOSTUNREACH, Outcome.UNREACHABLE),
        (errno.EPERM, Outcome.BLOCKED),
    ],
)
def test_what_the_network_says_is_told_in_the_words_of_the_system(
    number: int, outcome: Outcome
) -> None:
    assert of_os_error(OSError(number, "call failed")) == (outcome, os.strerror(number))


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_what_we_run_out_of_is_never_blamed_on_the_network(number: int) -> None:
    assert of_os_error(OSError(number, "no more")) == (Outcome.LOCAL, "no more")


def test_an_error_without_a_number_is_ours() -> None:
    assert of_os_error(OSError("what")) == (Outcome.LOCAL, "what")

import errno
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch.model import Outcome
from netwatch.net.ping.reasons import of_icmp_error, of_send_error
from netwatch.wire.icmp import EchoFailure, protocol_of

KINDS = st.sampled_from([(f, k) for f in (4, 6) for k in sorted(protocol_of(f).errors)])
CODES = st.integers(0, 255)


def failure(kind: int, code: int, mtu: int = 0) -> EchoFailure:
    return EchoFailure(kind, code, 1, 1, b"", mtu)


@pytest.mark.parametrize(
    ("number", "outcome", "words"),
    [
        (errno.EPERM, Outcome.BLOCKED, "a firewall on this host refused the packet"),
        (errno.EACCES, Outcome.BLOCKED, "a route of this host prohibits it"),
        (errno.EINVAL, Outcome.BLOCKED, "a route of this host is a black hole"),
        (errno.ENETUNREACH, Outcome.UNREACHABLE, "no route"),
        (errno.EHOSTUNREACH, Outcome.UNREACHABLE, "no route to host"),
        (errno.ENETDOWN, Outcome.UNREACHABLE, "the interface is down"),
        (errno.ECONNREFUSED, Outcome.REFUSED, "refused"),
        (errno.EMSGSIZE, Outcome.UNREACHABLE, "larger than the interface's MTU"),
        (errno.ENOBUFS, Outcome.LOCAL, os.strerror(errno.ENOBUFS)),
        (errno.EAGAIN, Outcome.LOCAL, os.strerror(errno.EAGAIN)),
        (errno.ENODEV, Outcome.LOCAL, os.strerror(errno.ENODEV)),
    ],
)
def test_a_refused_send_says_who_refused_it(number: int, outcome: Outcome, words: str) -> None:
    assert of_send_error(OSError(number, "as the kernel put it")) == (outcome, words)


def test_an_error_without_a_number_is_ours_in_its_own_words() -> None:
    assert of_send_error(OSError("nobody knows")) == (Outcome.LOCAL, "nobody knows")


@pytest.mark.parametrize(
    ("family", "kind", "code", "outcome", "words"),
    [
        (4, 3, 0, Outcome.UNREACHABLE, "network unreachable"),
        (4, 3, 1, Outcome.UNREACHABLE, "no route to host"),
        (4, 3, 2, Outcome.REFUSED, "protocol unreachable"),
        (4, 3, 3, Outcome.REFUSED, "port unreachable"),
        (4, 3, 6, Outcome.UNREACHABLE, "unreachable (code 6)"),
        (4, 3, 9, Outcome.BLOCKED, "network administratively prohibited"),
        (4, 3, 10, Outcome.BLOCKED, "host administratively prohibited"),
        (4, 3, 13, Outcome.BLOCKED, "administratively prohibited"),
        (4, 11, 0, Outcome.UNREACHABLE, "hop limit exceeded"),
        (4, 11, 1, Outcome.UNREACHABLE, "reassembly timed out"),
        (4, 12, 0, Outcome.PROTOCOL, "a parameter problem in our packet"),
        (6, 1, 0, Outcome.UNREACHABLE, "no route"),
        (6, 1, 1, Outcome.BLOCKED, "administratively prohibited"),
        (6, 1, 2, Outcome.UNREACHABLE, "unreachable (code 2)"),
        (6, 1, 3, Outcome.UNREACHABLE, "no route to host"),
        (6, 1, 4, Outcome.REFUSED, "port unreachable"),
        (6, 1, 5, Outcome.BLOCKED, "source address failed a policy"),
        (6, 1, 6, Outcome.BLOCKED, "a route rejects it"),
        (6, 3, 0, Outcome.UNREACHABLE, "hop limit exceeded"),
        (6, 3, 1, Outcome.UNREACHABLE, "reassembly timed out"),
        (6, 4, 0, Outcome.PROTOCOL, "a parameter problem in our packet"),
    ],
)
def test_an_icmp_error_says_what_it_means(
    family: int, kind: int, code: int, outcome: Outcome, words: str
) -> None:
    assert of_icmp_error(failure(kind, code), family) == (outcome, words)


@pytest.mark.parametrize(
    ("family", "kind", "code", "words"),
    [
        (4, 3, 4, "too big and not to be fragmented (next hop takes 1400 bytes)"),
        (6, 2, 0, "too big (next hop takes 1400 bytes)"),
    ],
)
def test_too_big_says_what_the_next_hop_takes(
    family: int, kind: int, code: int, words: str
) -> None:
    assert of_icmp_error(failure(kind, code, 1400), family) == (Outcome.UNREACHABLE, words)


@given(KINDS, CODES)
def test_every_icmp_error_has_words_and_blames_neither_us_nor_silence(
    family_and_kind: tuple[int, int], code: int
) -> None:
    family, kind = family_and_kind
    outcome, words = of_icmp_error(failure(kind, code), family)
    assert words
    assert outcome in {
        Outcome.UNREACHABLE,
        Outcome.REFUSED,
        Outcome.BLOCKED,
        Outcome.PROTOCOL,
    }

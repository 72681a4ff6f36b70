import errno
import socket
from collections.abc import Callable, Iterator

import pytest

from netwatch.model import Outcome
from netwatch.net.icmperrors import keep_icmp_errors, next_icmp_error
from netwatch.net.ping.opening import IP_MTU_DISCOVER, PMTUDISC_PROBE
from tests.namespaces import Namespace
from tests.net.ping.pinging import until


@pytest.fixture(params=["127.0.0.1", "::1"])
def talking_to_nobody(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    """A socket connected to a port that is taken, but by nobody who listens to it."""
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with (
        socket.socket(family, socket.SOCK_DGRAM) as opened,
        socket.socket(family, socket.SOCK_DGRAM) as other,
    ):
        other.bind((request.param, 0))
        other.connect((request.param, 9))
        opened.connect((request.param, other.getsockname()[1]))
        opened.setblocking(False)
        keep_icmp_errors(opened)
        yield opened


async def test_an_error_says_what_icmp_said(talking_to_nobody: socket.socket) -> None:
    assert next_icmp_error(talking_to_nobody) is None
    talking_to_nobody.send(b"hello")
    found = []

    def look() -> bool:
        found.append(next_icmp_error(talking_to_nobody))
        return found[-1] is not None

    await until(look)
    error = found[-1]
    assert error
    assert (error.outcome, error.detail) == (Outcome.REFUSED, "port unreachable")
    assert next_icmp_error(talking_to_nobody) is None


@pytest.mark.netns
def test_what_the_kernel_itself_refused_is_no_icmp_error(
    netns: Callable[[str], Namespace],
) -> None:
    client = netns("client")
    client.ip("link set lo mtu 1500")
    with client, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.setblocking(False)
        opened.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE)
        keep_icmp_errors(opened)
        opened.connect(("127.0.0.1", 9))
        with pytest.raises(OSError) as refused:  # noqa: PT011 - the number is looked at
            opened.send(bytes(2000))
        assert refused.value.errno == errno.EMSGSIZE
        assert next_icmp_error(opened) is None

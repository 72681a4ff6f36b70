"""Opens channels of each kind of socket, and waits for what comes out of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from ipaddress import ip_address
from typing import NamedTuple, TypeVar

from netwatch.net.ping.channel import Channel
from netwatch.net.ping.opening import ChannelOptions
from netwatch.net.ping.sockaddr import sockaddr
from netwatch.wire.icmp import echo_request
from tests.namespaces import Namespace
from tests.net.ping.pinging import PATIENCE_SECONDS
from tests.net.ping.privileges import CAP_NET_RAW, without

NONCE = b"8 bytes."
LOOPBACK = {4: "127.0.0.1", 6: "::1"}

Something = TypeVar("Something")


class Kind(NamedTuple):
    """A kind of ICMP socket."""

    family: int
    is_raw: bool

    def __str__(self) -> str:
        return f"{'raw' if self.is_raw else 'datagram'}-IPv{self.family}"


KINDS = [Kind(family, is_raw) for family in (4, 6) for is_raw in (True, False)]


class Opened(NamedTuple):
    """A channel that has a request to send."""

    channel: Channel
    request: bytes

    def send(self, *addresses: str, first: int = 0) -> dict[int, OSError]:
        """Send to each; return the errors by index."""
        refused: dict[int, OSError] = {}
        names = b"".join(sockaddr(ip_address(address).packed) for address in addresses)
        self.channel.send(names, first, refused.__setitem__)
        return refused


@contextmanager
def opened(
    namespace: Namespace, kind: Kind, payload_bytes: int = 56, *, dont_fragment: bool = False
) -> Iterator[Opened]:
    """Send and receive inside of a namespace."""
    namespace.sysctl("net.ipv4.ping_group_range", "0 2147483647")
    with namespace, without(*(() if kind.is_raw else (CAP_NET_RAW,))):
        channel = Channel(
            ChannelOptions(
                family=kind.family, payload_bytes=payload_bytes, dont_fragment=dont_fragment
            )
        )
    with closing(channel):
        identifier = 0x1234 if kind.is_raw else channel.kernel_identifier
        request = echo_request(kind.family, identifier, NONCE, payload_bytes)
        channel.load(request)
        channel.listen_for([identifier])
        yield Opened(channel, request)


def gather(count: int, look: Callable[[], Sequence[Something]]) -> list[Something]:
    """Look until so many have come; return them, and what came with them."""
    found: list[Something] = []
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(found) < count:
        assert time.monotonic() < deadline, f"{len(found)} came, expected {count}"
        found += look()
    return found

"""Which addresses `/probe` may connect to: whoever can ask for a probe chooses its target.

What is never meant by a wide network must be listed by itself: the host's own loopback, link-local
addresses with the metadata services of clouds, multicast, and IPv6 addresses that lead to an IPv4
address inside of them. `0.0.0.0/0` allows none of those, `127.0.0.0/8` or `169.254.169.254` does.
"""

import ipaddress
from dataclasses import dataclass

from netwatch.model import Outcome, ProbeError
from netwatch.wire.network import IPNetwork

GUARDED: tuple[IPNetwork, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host, on Linux
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and most metadata services
        "100.100.100.200/32",  # metadata of Alibaba Cloud
        "168.63.129.16/32",  # the host agent of Azure
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/96",  # unspecified, loopback, and IPv4-compatible (RFC 4291 section 2.5.5.1)
        "64:ff9b::/96",  # NAT64 (RFC 6052): the IPv4 address is reached from the gateway
        "64:ff9b:1::/48",  # NAT64 (RFC 8215)
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fd00:ec2::/32",  # metadata of AWS
        "fd20:ce::254/128",  # metadata of Google Cloud
        "fe80::/10",
        "fec0::/10",  # link-local's deprecated sibling (RFC 3879)
        "ff00::/8",
    )
)
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")


def comparable(network: IPNetwork) -> IPNetwork:
    """Return a network to which addresses can be compared as they are connected to.

    Raises ValueError for one that has an interface, or an IPv4 network in IPv6's clothes.
    """
    if isinstance(network, ipaddress.IPv6Network):
        if network.network_address.scope_id:
            raise ValueError(f'found "{network}", expected a network without an interface')
        if network.subnet_of(_MAPPED):
            raise ValueError(f'found "{network}", expected the IPv4 network in it')
    return network


@dataclass(frozen=True, slots=True)
class AllowList:
    """The networks of the configuration."""

    networks: tuple[IPNetwork, ...]

    def permits(self, address: str) -> bool:
        """Whether one may connect to this IP address; a `%zone` makes no difference."""
        plain = _plain(address)
        guards = [guard for guard in GUARDED if plain in guard]
        return any(
            plain in network and all(_within(network, guard) for guard in guards)
            for network in self.networks
        )


class Guard:
    """Stands before every connection of one probe, and remembers what it refused."""

    def __init__(self, allowed: AllowList) -> None:
        self._allowed = allowed
        self.refused = ""
        """The address that was not permitted; empty while all were."""

    def check(self, address: str) -> None:
        """Raise ProbeError for an address that is not permitted."""
        if not self._allowed.permits(address):
            self.refused = self.refused or address
            raise ProbeError(Outcome.BLOCKED, f"{address} is not in compat.blackbox.allow")


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return what is connected to: the kernel reaches `::ffff:10.0.0.7` by IPv4."""
    plain = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(plain, ipaddress.IPv6Address) and plain.ipv4_mapped:
        return plain.ipv4_mapped
    return plain


def _within(network: IPNetwork, guard: IPNetwork) -> bool:
    if isinstance(network, ipaddress.IPv4Network):
        return isinstance(guard, ipaddress.IPv4Network) and network.subnet_of(guard)
    return isinstance(guard, ipaddress.IPv6Network) and network.subnet_of(guard)

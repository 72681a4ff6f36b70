"""The default gateways in the kernel's routing tables, `/proc/net/route` and `ipv6_route`.

Every default route that is up and has a gateway counts, whatever its metric. Of an IPv4 route
with several next hops the kernel shows only the first here; of an IPv6 one it shows all.
"""

import ipaddress
import sys
from collections.abc import Callable
from dataclasses import dataclass

# linux/route.h
RTF_UP = 0x0001
RTF_GATEWAY = 0x0002
RTF_REJECT = 0x0200


@dataclass(frozen=True, slots=True)
class Gateway:
    """A next hop; a link-local IPv6 address carries its `%interface`."""

    interface: str
    address: str


def parse_ipv4_gateways(text: str) -> tuple[Gateway, ...]:
    """Return the gateways in the text of `/proc/net/route` (proc_net(5)).

    Lines that are no route, such as the header, are skipped.
    """
    return _gateways(text, _ipv4_gateway)


def parse_ipv6_gateways(text: str) -> tuple[Gateway, ...]:
    """Return the gateways in the text of `/proc/net/ipv6_route` (net/ipv6/route.c).

    Lines that are no route are skipped.
    """
    return _gateways(text, _ipv6_gateway)


def _gateways(text: str, read: Callable[[list[str]], Gateway | None]) -> tuple[Gateway, ...]:
    found: dict[Gateway, None] = {}
    for line in text.split("\n"):
        try:
            gateway = read(line.split())
        except ValueError:
            continue
        if gateway:
            found[gateway] = None
    return tuple(found)


def _ipv4_gateway(fields: list[str]) -> Gateway | None:
    interface, destination, gateway, flags, _, _, _, mask, *_ = fields
    if int(destination, 16) or int(mask, 16) or not _leads_to_gateway(int(flags, 16)):
        return None
    # The kernel prints the bytes of the address as one number of this machine.
    octets = _bytes_of(gateway, 4)[:: -1 if sys.byteorder == "little" else 1]
    return _gateway(interface, ipaddress.IPv4Address(octets))


def _ipv6_gateway(fields: list[str]) -> Gateway | None:
    destination, length, _, _, gateway, _, _, _, flags, interface = fields
    if int(destination, 16) or int(length, 16) or not _leads_to_gateway(int(flags, 16)):
        return None
    return _gateway(interface, ipaddress.IPv6Address(_bytes_of(gateway, 16)))


def _leads_to_gateway(flags: int) -> bool:
    return flags & (RTF_UP | RTF_GATEWAY | RTF_REJECT) == RTF_UP | RTF_GATEWAY


def _gateway(
    interface: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address
) -> Gateway | None:
    if address.is_unspecified:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.is_link_local:
        address = ipaddress.IPv6Address(f"{address}%{interface}")
    return Gateway(interface, str(address))


def _bytes_of(digits: str, length_bytes: int) -> bytes:
    if len(digits) != 2 * length_bytes:
        raise ValueError(f"found {digits!r}, expected {2 * length_bytes} hexadecimal digits")
    return bytes.fromhex(digits)

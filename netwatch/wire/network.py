"""Networks as people write them: `10.0.0.0/8`, `fd00::/8`, or one address."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from netwatch.wire.document import described

IPNetwork = IPv4Network | IPv6Network


def parse_network(text: object) -> IPNetwork:
    """Return the network; raises ValueError for anything else, also where bits of a host are set.

    10.0.0.7/8 may mean 10.0.0.0/8 or 10.0.0.7, and whom to let in is nothing to guess.
    """
    if isinstance(text, str):
        try:
            return ip_network(text)
        except ValueError:
            pass
    raise ValueError(f"found {described(text)}, expected a network such as 10.0.0.0/8 or fd00::/8")

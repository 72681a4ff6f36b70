"""Host names become addresses here, before any probe: on a schedule, by TTL."""

from typing import Literal

from netwatch.options import Options


class ResolveOptions(Options):
    """Which addresses of a host name a check uses."""

    family: Literal["any", "ipv4", "ipv6", "both"] = "any"
    """`any` is IPv4 where there is one, else IPv6; `both` follows each family on its own."""
    addresses: Literal["first", "all"] = "first"
    """One address per family, or every one of them."""

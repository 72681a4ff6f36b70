"""ICMP echo: is the target there, how much is lost on the way, and how long does it take."""

import ipaddress
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from netwatch.options import Options, PositiveDuration


def _ip_address(text: str) -> str:
    if text:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise ValueError("expected an IP address") from None
    return text


class IcmpOptions(Options):
    """How to ping; each field says its unit and its default."""

    interval: Annotated[PositiveDuration, Field(ge=0.01, le=3600)] = 1.0
    """Time between two packets to one target; sends keep this beat without drift."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 1.0
    """A reply later than this is counted as late, and its packet as lost."""
    size: Annotated[int, Field(ge=16, le=65507)] = 56
    """Payload bytes, without the IP and ICMP headers, as ping's `-s`; 16 are needed to prove
    that a reply is ours."""
    ttl: Annotated[int, Field(ge=1, le=255)] = 64
    """Time to live (IPv4), hop limit (IPv6)."""
    dscp: Annotated[int, Field(ge=0, le=63)] = 0
    """Differentiated services code point; 46 is expedited forwarding."""
    dont_fragment: bool = False
    """Send whole or not at all, whatever path MTU the kernel remembers."""
    source_address: Annotated[str, AfterValidator(_ip_address)] = ""
    """Send from this address of this host; empty lets the kernel choose."""
    interface: str = ""
    """Send through this interface; empty lets the kernel choose."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose round-trip times share a histogram: each target's own, all of a zone's, or none;
    `auto` is `target` up to 30 targets, and `zone` above."""

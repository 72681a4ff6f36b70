"""DNS: does a server answer, how fast, and what does it say."""

from netwatch.probes.dns.options import DnsOptions

__all__ = ["DnsOptions"]

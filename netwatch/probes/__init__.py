"""The probes there are: each one file with its options and its metric families."""

from netwatch.probe import ProbeOptions
from netwatch.probes.dns import DnsOptions
from netwatch.probes.icmp import IcmpOptions
from netwatch.probes.resolve import ResolveProbeOptions
from netwatch.probes.tcp import TcpOptions

PROBES: dict[str, type[ProbeOptions]] = {
    "dns": DnsOptions,
    "icmp": IcmpOptions,
    "resolve": ResolveProbeOptions,
    "tcp": TcpOptions,
}

"""The probes there are: each one file with its options and its metric families."""

from netwatch.probe import ProbeOptions
from netwatch.probes.icmp import IcmpOptions
from netwatch.probes.udp import UdpOptions

PROBES: dict[str, type[ProbeOptions]] = {"icmp": IcmpOptions, "udp": UdpOptions}

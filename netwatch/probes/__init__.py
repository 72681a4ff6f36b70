"""The probes there are: each one file with its options and its metric families."""

from collections.abc import Mapping

from netwatch.probe import ProbeOptions
from netwatch.probes.icmp import IcmpOptions
from netwatch.probes.tcp import TcpOptions

PROBES: Mapping[str, type[ProbeOptions]] = {"icmp": IcmpOptions, "tcp": TcpOptions}

"""The probes there are: each one file with its options and its metric families."""

from collections.abc import Mapping

from netwatch.probe import ProbeOptions
from netwatch.probes.http.probe import HttpOptions
from netwatch.probes.icmp import IcmpOptions
from netwatch.probes.tcp import TcpOptions

PROBES: Mapping[str, type[ProbeOptions]] = {
    "http": HttpOptions,
    "icmp": IcmpOptions,
    "tcp": TcpOptions,
}

"""The probes there are: each one file with its options and its metric families."""

from collections.abc import Mapping

from netwatch.probe import ProbeOptions
from netwatch.probes.grpc import GrpcOptions
from netwatch.probes.icmp import IcmpOptions
from netwatch.probes.tcp import TcpOptions
from netwatch.probes.udp import UdpOptions

PROBES: Mapping[str, type[ProbeOptions]] = {
    "grpc": GrpcOptions,
    "icmp": IcmpOptions,
    "tcp": TcpOptions,
    "udp": UdpOptions,
}

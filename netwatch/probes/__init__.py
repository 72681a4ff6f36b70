"""The probes there are: each one file with its options and its metric families."""

from collections.abc import Mapping

from netwatch.probe import ProbeOptions
from netwatch.probes.dns import DnsOptions
from netwatch.probes.grpc import GrpcOptions
from netwatch.probes.http.probe import HttpOptions
from netwatch.probes.icmp import IcmpOptions
from netwatch.probes.kube_proxy.probe import KubeProxyOptions
from netwatch.probes.resolve import ResolveProbeOptions
from netwatch.probes.scrape import ScrapeOptions
from netwatch.probes.service_path import ServicePathOptions
from netwatch.probes.tcp import TcpOptions
from netwatch.probes.udp import UdpOptions

PROBES: Mapping[str, type[ProbeOptions]] = {
    "dns": DnsOptions,
    "grpc": GrpcOptions,
    "http": HttpOptions,
    "icmp": IcmpOptions,
    "kube_proxy": KubeProxyOptions,
    "resolve": ResolveProbeOptions,
    "scrape": ScrapeOptions,
    "service_path": ServicePathOptions,
    "tcp": TcpOptions,
    "udp": UdpOptions,
}

"""The probes there are: each one file with its options and its metric families."""

from netwatch.probes.http.probe import HttpOptions
from netwatch.probes.icmp import IcmpOptions

PROBES = {"http": HttpOptions, "icmp": IcmpOptions}

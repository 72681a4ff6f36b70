"""The probes there are: each one file with its options and its metric families."""

from netwatch.probes.icmp import IcmpOptions

PROBES = {"icmp": IcmpOptions}

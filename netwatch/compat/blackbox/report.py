"""What a probe found, by the names of blackbox_exporter, and as Prometheus text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

from netwatch.exposition.dialect import Dialect
from netwatch.exposition.family import Family, Kind
from netwatch.exposition.table import Table
from netwatch.exposition.text import render

CHAIN_LABELS = ("fingerprint_sha256", "subject", "issuer", "subjectalternative", "serialnumber")

_HELP = {
    "probe_success": "Whether the probe succeeded.",
    "probe_duration_seconds": "How long the probe took, with the lookup of its target.",
    "probe_timeout_seconds": "How long the probe was allowed to take.",
    "probe_dns_lookup_time_seconds": "How long the lookup of the target's address took.",
    "probe_ip_protocol": "4 or 6: the IP version that was used; 0 without an address.",
    "probe_ip_addr_hash": "FNV-1a hash of the address that was used; it changes as that does.",
    "probe_failed_due_to_regex": "Whether the probe failed by a regular expression.",
    "probe_failed_due_to_bytes": "Whether the probe failed by expected bytes that did not come.",
    "probe_http_content_length": "Content-Length of the final response; -1 where it says none.",
    "probe_http_uncompressed_body_length": "Bytes of the final response's body, decompressed.",
    "probe_http_redirects": "Redirects that were followed.",
    "probe_http_ssl": "Whether the final response came over TLS.",
    "probe_http_status_code": "Status code of the final response; 0 without one.",
    "probe_http_version": "HTTP version of the final response, such as 1.1; 0 without one.",
    "probe_http_last_modified_timestamp_seconds": "Last-Modified of the final response.",
    "probe_ssl_earliest_cert_expiry": "When the first certificate that the server sent expires.",
    "probe_ssl_last_chain_expiry_timestamp_seconds": (
        "When the chain by which the server was believed expires."
    ),
    "probe_dns_answer_rrs": "Records in the answer section.",
    "probe_dns_authority_rrs": "Records in the authority section.",
    "probe_dns_additional_rrs": "Records in the additional section.",
    "probe_dns_query_succeeded": "Whether the server answered.",
    "probe_dns_serial": "Serial number of the zone.",
    "probe_icmp_reply_hop_limit": "Hop limit of the reply; of IPv4, its time to live.",
    "probe_grpc_ssl": "Whether TLS was used.",
    "probe_grpc_status_code": "gRPC status code of the answer.",
}
_HELP_LABELLED = {
    "probe_http_duration_seconds": ("phase", "Seconds of each phase, summed over redirects."),
    "probe_dns_duration_seconds": ("phase", "Seconds of each phase."),
    "probe_icmp_duration_seconds": ("phase", "Seconds of each phase."),
    "probe_grpc_duration_seconds": ("phase", "Seconds of each phase."),
    "probe_grpc_healthcheck_response": ("serving_status", "1 for the status that was answered."),
    "probe_tls_version_info": ("version", "The TLS version that was agreed on."),
    "probe_tls_cipher_info": ("cipher", "The cipher suite that was agreed on, by IANA's name."),
}
_HELP_INFOS = {
    "probe_ssl_last_chain_info": "The certificate of the server.",
    "probe_expect_info": "What was found in the answers of the server.",
}


def _gauge(name: str, help_: str, label: str = "") -> Family:
    return Family(name=name, kind=Kind.GAUGE, key=name, help=help_, label=label)


FAMILIES = (
    *(_gauge(name, help_) for name, help_ in _HELP.items()),
    *(_gauge(name, help_, label) for name, (label, help_) in _HELP_LABELLED.items()),
)
INFOS = {name: _gauge(name, help_) for name, help_ in _HELP_INFOS.items()}

Values = dict[str, float | Mapping[str, float]]
"""Numbers by the name of their family; a mapping where that family has a label."""

Infos = list[tuple[str, Mapping[str, str]]]
"""Families of value 1, each with the labels that say something."""


@dataclass(slots=True)
class Report:
    """What is said of one probe."""

    values: Values = field(default_factory=dict)
    infos: Infos = field(default_factory=list)

    def __or__(self, other: "Report") -> "Report":
        """Add another one, which wins."""
        return Report(self.values | other.values, [*self.infos, *other.infos])

    def text(self) -> bytes:
        """Write it as Prometheus text."""
        tables = [Table(FAMILIES)]
        tables[0].add({}, SimpleNamespace(**self.values))
        for name, family in INFOS.items():
            tables.append(table := Table([family]))
            said = [labels for info, labels in self.infos if info == name]
            # The same may have been found twice.
            for distinct in {tuple(sorted(labels.items())): labels for labels in said}.values():
                table.add(distinct, SimpleNamespace(**{name: 1}))
        return b"".join(render(tables, Dialect.TEXT))

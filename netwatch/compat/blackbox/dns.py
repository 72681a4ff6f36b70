"""The `dns` module: one question to the target, which is a server."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from netwatch.attempt import Probe
from netwatch.compat.blackbox.handshake import LastHandshake
from netwatch.compat.blackbox.kind import Lent, ProbedKind, checked, shown_phases
from netwatch.compat.blackbox.report import Report
from netwatch.compat.blackbox.tlsconfig import TlsConfig
from netwatch.endpoint import Endpoint
from netwatch.model import Result
from netwatch.options import Options, SourceAddress
from netwatch.probes.dns import DnsOptions
from netwatch.probes.dns.probe import DnsProbe
from netwatch.probes.dns.reply import RecordsOptions
from netwatch.probes.dns.transport import Transport
from netwatch.wire.hostname import parse_host, split_port
from netwatch.wire.pattern import parse_pattern

SECTIONS = ("answer", "authority", "additional")

Regexes = list[Annotated[str, checked(parse_pattern)]]


class RecordValidator(Options):
    """What fails a probe in the records of one section."""

    fail_if_matches_regexp: Regexes = Field(default_factory=list)
    """If a pattern matches a record."""
    fail_if_all_match_regexp: Regexes = Field(default_factory=list)
    """If a pattern matches every record."""
    fail_if_not_matches_regexp: Regexes = Field(default_factory=list)
    """If a pattern does not match every record, or there is none."""
    fail_if_none_matches_regexp: Regexes = Field(default_factory=list)
    """If no pattern matches any record."""

    def options(self) -> RecordsOptions:
        """Return the same for a probe."""
        alternatives = "|".join(f"(?:{text})" for text in self.fail_if_none_matches_regexp)
        return RecordsOptions.model_validate(
            {
                "none": self.fail_if_matches_regexp,
                "not_every": self.fail_if_all_match_regexp,
                "every": self.fail_if_not_matches_regexp,
                "some": [alternatives] if alternatives else [],
            }
        )


class DnsModule(ProbedKind[DnsOptions]):
    """Whether a DNS server answers, and what."""

    query_name: Annotated[str, Field(min_length=1)]
    """The name to ask for."""
    query_type: str = "ANY"
    """The type of the records."""
    query_class: str = "IN"
    """Their class."""
    recursion_desired: bool = True
    """Whether the server may ask others."""
    transport_protocol: Literal["udp", "tcp"] = "udp"
    """What carries the question."""
    dns_over_tls: bool = False
    """Whether TLS does, over TCP."""
    tls_config: TlsConfig = Field(default_factory=TlsConfig)
    """How TLS is spoken."""
    source_ip_address: SourceAddress = ""
    """Ask from this address of this host."""
    valid_rcodes: Annotated[list[str], Field(min_length=1)] = Field(
        default_factory=lambda: ["NOERROR"]
    )
    """Response codes that are well."""
    validate_answer_rrs: RecordValidator = Field(default_factory=RecordValidator)
    """What the answers must be."""
    validate_authority_rrs: RecordValidator = Field(default_factory=RecordValidator)
    """What the records on authority must be."""
    validate_additional_rrs: RecordValidator = Field(default_factory=RecordValidator)
    """What the additional records must be."""

    @model_validator(mode="after")
    def _tls_needs_tcp(self) -> Self:
        if self.dns_over_tls and self.transport_protocol != "tcp":
            raise ValueError("found dns_over_tls, expected transport_protocol tcp with it")
        return self

    def endpoint(self, target: str) -> Endpoint:
        host, port = split_port(target)
        return Endpoint(name=target, host=parse_host(host), port=port)

    def options(self) -> DnsOptions:
        return DnsOptions(
            query=self.query_name,
            query_type=self.query_type,
            query_class=self.query_class,
            recursion=self.recursion_desired,
            edns_bytes=0,
            transport="tls" if self.dns_over_tls else self.transport_protocol,
            tls=self.tls_config.options(),
            source_address=self.source_ip_address,
            valid_rcodes=self.valid_rcodes,
            answer=self.validate_answer_rrs.options(),
            authority=self.validate_authority_rrs.options(),
            additional=self.validate_additional_rrs.options(),
        )

    def open(self, lent: Lent) -> Probe:
        options = self.options()
        transport = Transport(options, lent.timeout_seconds, lent.services.contexts)
        return DnsProbe(options.queries(), transport, options, lent.services.resolve)

    def report(self, result: Result, handshake: LastHandshake) -> Report:
        del handshake  # the original says nothing of TLS here
        phases = shown_phases(result, "resolve", "connect", "request")
        if "tls" in result.phases:
            phases["connect"] += result.phases["tls"]
        counts = result.values.get("dns_records")
        report = Report(
            {
                "probe_dns_duration_seconds": phases,
                "probe_dns_query_succeeded": counts is not None,
                **{f"probe_dns_{section}_rrs": 0.0 for section in SECTIONS},
            }
        )
        if isinstance(counts, Mapping):
            report.values |= {f"probe_dns_{name}_rrs": counts[name] for name in SECTIONS}
            if self.query_type == "SOA" and counts["answer"] and "dns_soa_serial" in result.values:
                report.values["probe_dns_serial"] = result.values["dns_soa_serial"]
        return report

"""One question to a DNS server, the target: does it answer, how fast, and what does it say."""

import asyncio
import secrets
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from netwatch.attempt import Attempt, Probe
from netwatch.exposition.family import Family, Kind
from netwatch.model import Outcome, ProbeError
from netwatch.net.connect import connect
from netwatch.net.dnsexchange import answer_by_datagram, answer_by_stream, datagram_socket
from netwatch.net.dnsrecords import RecordsOptions
from netwatch.net.stream import Stream
from netwatch.net.tls import TlsContexts, TlsOptions, facts_of_refused, tls_values
from netwatch.options import PositiveDuration
from netwatch.probe import AttemptOptions, Services
from netwatch.resolution import Resolve
from netwatch.wire.dnsmessage import RCODES, MalformedReplyError, Query, Question, Reply

PORTS = {"udp": 53, "tcp": 53, "tls": 853}
SHOWN_FLAGS = ("aa", "tc", "ra", "ad")


def _gauge(name: str, help_: str, *, label: str = "", unit: str = "") -> Family:
    """Name a figure of the latest reply, under the key `dns_…` of its name without the unit."""
    key = f"dns_{name.removesuffix(f'_{unit}')}"
    full_name = f"netwatch_dns_{name}"
    return Family(name=full_name, kind=Kind.GAUGE, help=help_, key=key, label=label, unit=unit)


def _counter(name: str, help_: str) -> Family:
    full_name = f"netwatch_dns_{name}_total"
    return Family(name=full_name, kind=Kind.COUNTER, help=help_, key=f"dns_{name}")


FAMILIES = (
    _gauge("rcode", "1 for the response code of the latest reply.", label="rcode"),
    _gauge("flags", "Whether the latest reply had the flag: aa, tc, ra or ad.", label="flag"),
    _gauge("records", "How many records the latest reply had, by section.", label="section"),
    _gauge(
        "minimum_ttl_seconds", "Smallest TTL of the answers of the latest reply.", unit="seconds"
    ),
    _gauge("soa_serial", "Serial number of the zone, where the latest reply had an SOA record."),
    _gauge(
        "truncated",
        "Whether the latest reply did not fit into a datagram, so that it was asked for by TCP.",
    ),
    _counter("retransmissions", "Queries sent again because there was no answer."),
    _counter("ignored_replies", "Datagrams that answered something else: late, or forged."),
)


def _written(question: Question) -> Callable[[int], Query]:
    """Return what makes a query of an id. Raises ValueError for what cannot be asked."""
    from netwatch.wire.dnscodec import WrittenQuestion  # noqa: PLC0415 - 5 MiB that few need

    return WrittenQuestion(question).query


def _name(text: str) -> str:
    _written(Question(text))
    return text


def _kind(text: str) -> str:
    _written(Question(".", kind=text))
    return text


def _class(text: str) -> str:
    _written(Question(".", class_=text))
    return text


def _rcode(text: str) -> str:
    if text not in RCODES.values():
        raise ValueError(f"found {text!r}, expected one of {', '.join(RCODES.values())}")
    return text


class DnsOptions(AttemptOptions):
    """What to ask the servers that are the targets of the check, and what to expect of the reply."""

    families: ClassVar[tuple[Family, ...]] = FAMILIES
    buckets: ClassVar[tuple[float, ...]] = (
        *(0.25e-3, 0.5e-3, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 100e-3),
        *(0.25, 0.5, 1.0, 2.5, 5.0),
    )

    interval: Annotated[PositiveDuration, Field(ge=0.1, le=3600)] = 15.0
    """Time between two attempts at one server."""
    timeout: Annotated[PositiveDuration, Field(ge=0.01, le=60)] = 5.0
    """A server that takes longer has failed."""
    histogram: Literal["auto", "target", "zone", "off"] = "auto"
    """Whose durations share a histogram: each target's own, all of a zone's, or none;
    `auto` is `target` up to 30 targets, and `zone` above."""
    query: Annotated[str, Field(min_length=1), AfterValidator(_name)]
    """The full name to ask for; search domains are for the probe `resolve`."""
    query_type: Annotated[str, AfterValidator(_kind)] = "A"
    """The type of its records: `A`, `AAAA`, `SRV`, `SOA`, `TYPE65` …"""
    query_class: Annotated[str, AfterValidator(_class)] = "IN"
    """Their class: `IN`, or `CH` for what servers say of themselves."""
    transport: Literal["udp", "tcp", "tls"] = "udp"
    """What carries the question: `udp`, and TCP after it where the answer does not fit; `tcp`; or
    `tls` (RFC 7858)."""
    recursion: bool = True
    """Ask the server to ask others where it does not know."""
    edns_bytes: Annotated[int, Field(ge=0, le=65535)] = 1232
    """The largest answer that a datagram may bring (RFC 6891); 0 asks without EDNS."""
    dnssec: bool = False
    """Ask for signatures, too; needs EDNS."""
    retransmit: Annotated[int, Field(ge=0, le=10)] = 0
    """How often to send a datagram again that is not answered: at equal times within the timeout.
    With none, a lost packet is a failed attempt."""
    valid_rcodes: Annotated[list[Annotated[str, AfterValidator(_rcode)]], Field(min_length=1)] = (
        Field(default_factory=lambda: ["NOERROR"])
    )
    """The response codes that are well: `NXDOMAIN` for a name that must not exist."""
    answer: RecordsOptions = Field(default_factory=RecordsOptions)
    """What the answer must be."""
    authority: RecordsOptions = Field(default_factory=RecordsOptions)
    """What the section on authority must be."""
    additional: RecordsOptions = Field(default_factory=RecordsOptions)
    """What the additional section must be."""
    source_address: str = ""
    """Ask from this address of this host; empty lets the kernel choose."""
    tls: TlsOptions = Field(default_factory=TlsOptions)
    """How TLS is spoken, where that is the transport."""

    @model_validator(mode="after")
    def _signatures_need_edns(self) -> Self:
        if self.dnssec and not self.edns_bytes:
            raise ValueError("found dnssec with edns_bytes 0, expected some bytes: it needs EDNS")
        return self

    def open(self, services: Services) -> Probe:
        question = Question(
            name=self.query,
            kind=self.query_type,
            class_=self.query_class,
            recursion=self.recursion,
            edns_bytes=self.edns_bytes,
            dnssec=self.dnssec,
        )
        return DnsProbe(self, _written(question), services.resolve)

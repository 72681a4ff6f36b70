"""DNS messages (RFC 1035 section 4.1) to bytes and back, by dnspython's message codec.

A question is written once, and each query of it differs only in its id. Importing dnspython takes
5 MiB and some 30 ms, so import this module when there is something to ask.
"""

import struct
from collections.abc import Iterable
from functools import partial

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.SOA import SOA

from netwatch.wire.dnsmessage import MalformedReplyError, Query, Question, Reply
from netwatch.wire.document import described

# Each takes up to 0.2 ms to decode, in which nothing else happens; real answers have a few.
MAX_RECORDS = 1000

_ID_BYTES = 2
_COUNTS = struct.Struct("!4x4H")  # of questions, answers, authorities and additional records
# Their answers are many messages, or they are no question at all.
_NOT_ASKED_FOR = frozenset(
    {
        dns.rdatatype.AXFR,
        dns.rdatatype.IXFR,
        dns.rdatatype.OPT,
        dns.rdatatype.TKEY,
        dns.rdatatype.TSIG,
    }
)


class WrittenQuestion:
    """A question in wire form, ready to be asked again and again.

    Raises ValueError for what cannot be asked.
    """

    def __init__(self, question: Question) -> None:
        self._message = dns.message.make_query(
            _name(question.name),
            _type(question.kind),
            _class(question.class_),
            use_edns=0 if question.edns_bytes else False,
            payload=question.edns_bytes or None,
            want_dnssec=question.dnssec,
            flags=dns.flags.RD if question.recursion else 0,
        )
        self._after_id = self._message.to_wire()[_ID_BYTES:]

    def query(self, number: int) -> Query:
        """Return the query with this id, from 0 to 65535."""
        return Query(self.wire(number), partial(self._reply, number))

    def wire(self, number: int) -> bytes:
        """Return the bytes of that query."""
        return number.to_bytes(_ID_BYTES) + self._after_id

    def response(self, number: int, wire: bytes) -> dns.message.QueryMessage | None:
        """Decode the response to the query with this id, None for anything else.

        Raises MalformedReplyError where the id is right and the rest does not make sense.
        """
        if wire[:_ID_BYTES] != number.to_bytes(_ID_BYTES):
            return None  # before more work is spent on it
        if len(wire) >= _COUNTS.size and sum(_COUNTS.unpack_from(wire)) > MAX_RECORDS + 1:
            raise MalformedReplyError(f"more than {MAX_RECORDS} records")
        try:
            message = dns.message.from_wire(wire, raise_on_truncation=True)
        except dns.message.Truncated as truncated:
            message = truncated.kwargs["message"]  # some servers cut in the middle of a record
        except dns.exception.DNSException as error:
            raise MalformedReplyError(str(error)) from error
        # There is no waiting between these two, so that the template may have every id in turn.
        self._message.id = number
        is_response = self._message.is_response(message)
        return message if is_response and isinstance(message, dns.message.QueryMessage) else None

    def _reply(self, number: int, wire: bytes) -> Reply | None:
        message = self.response(number, wire)
        return None if message is None else _reply(message)


def _reply(message: dns.message.QueryMessage) -> Reply:
    records = [record for rrset in (*message.answer, *message.authority) for record in rrset]
    return Reply(
        rcode=int(message.rcode()),
        flags=frozenset(dns.flags.to_text(message.flags).lower().split()),
        answer=_lines(message.answer),
        authority=_lines(message.authority),
        additional=_lines(message.additional),
        minimum_ttl=min((rrset.ttl for rrset in message.answer), default=None),
        soa_serial=next((record.serial for record in records if isinstance(record, SOA)), None),
    )


def _lines(section: Iterable[dns.rrset.RRset]) -> tuple[str, ...]:
    return tuple(
        "\t".join(
            (
                rrset.name.to_text(),
                str(rrset.ttl),
                dns.rdataclass.to_text(rrset.rdclass),
                dns.rdatatype.to_text(rrset.rdtype),
                record.to_text(),
            )
        )
        for rrset in section
        for record in rrset
    )


def _name(text: str) -> dns.name.Name:
    try:
        return dns.name.from_text(text)
    except dns.exception.DNSException as error:
        raise ValueError(f"found {described(text)}, expected a DNS name ({error})") from None


def _type(text: str) -> dns.rdatatype.RdataType:
    try:
        kind = dns.rdatatype.from_text(text)
    except (dns.exception.DNSException, ValueError):
        kind = dns.rdatatype.OPT
    if kind in _NOT_ASKED_FOR:
        raise ValueError(
            f"found {described(text)}, expected a type of records: A, AAAA, SRV, TYPE65 …"
        )
    return kind


def _class(text: str) -> dns.rdataclass.RdataClass:
    try:
        return dns.rdataclass.from_text(text)
    except (dns.exception.DNSException, ValueError):
        raise ValueError(
            f"found {described(text)}, expected a class of records: IN, CH, HS …"
        ) from None

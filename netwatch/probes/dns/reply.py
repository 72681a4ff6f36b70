"""What a reply is worth: the figures in it, and whether it is what was expected."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import AfterValidator, Field

from netwatch.attempt import Values
from netwatch.options import Options, RegularExpression
from netwatch.wire.dnsmessage import RCODES, Reply
from netwatch.wire.document import described

SHOWN_FLAGS = ("aa", "tc", "ra", "ad")


def _rcode(text: str) -> str:
    if text not in RCODES.values():
        raise ValueError(f"found {described(text)}, expected one of {', '.join(RCODES.values())}")
    return text


class RecordsOptions(Options):
    """What must hold of the records of one section; each pattern of a list on its own.

    A record is a line as in a zone file, with a tab between owner, TTL, class, type and data.
    """

    at_least: Annotated[int, Field(ge=0, le=1000)] = 0
    """So many records there must be."""
    some: list[RegularExpression] = Field(default_factory=list)
    """Each pattern must match some record."""
    every: list[RegularExpression] = Field(default_factory=list)
    """Each pattern must match every record, of which there must be one."""
    none: list[RegularExpression] = Field(default_factory=list)
    """Each pattern must match no record."""
    not_every: list[RegularExpression] = Field(default_factory=list)
    """Each pattern must miss some record, if there is any."""

    def broken_by(self, records: Sequence[str]) -> Iterator[str]:
        """Yield in words which expectations these records break."""
        if len(records) < self.at_least:
            yield f"{len(records)} records, expected {self.at_least} at least"
        for pattern in self.some:
            if not any(map(pattern.matches, records)):
                yield f"no record that matches {pattern}"
        for pattern in self.every:
            if not records or not all(map(pattern.matches, records)):
                yield f"not only records that match {pattern}"
        for pattern in self.none:
            if any(map(pattern.matches, records)):
                yield f"a record that matches {pattern}"
        for pattern in self.not_every:
            if records and all(map(pattern.matches, records)):
                yield f"only records that match {pattern}"


class ReplyOptions(Options):
    """What to expect of the reply."""

    valid_rcodes: Annotated[list[Annotated[str, AfterValidator(_rcode)]], Field(min_length=1)] = (
        Field(default_factory=lambda: ["NOERROR"])
    )
    """The response codes that are well; `NXDOMAIN` for a name that must not exist."""
    answer: RecordsOptions = Field(default_factory=RecordsOptions)
    """What the answers must be."""
    authority: RecordsOptions = Field(default_factory=RecordsOptions)
    """What the records on authority must be."""
    additional: RecordsOptions = Field(default_factory=RecordsOptions)
    """What the additional records must be."""

    def broken_by(self, reply: Reply) -> Iterator[str]:
        """Yield in words which expectations the reply breaks."""
        if reply.rcode_name not in self.valid_rcodes:
            yield f"found {reply.rcode_name}, expected {' or '.join(self.valid_rcodes)}"
        for section, records in reply.sections.items():
            expected: RecordsOptions = getattr(self, section)
            for broken in expected.broken_by(records):
                yield f"found in section {section}: {broken}"


def values_of(reply: Reply) -> Values:
    """Return the figures of a reply; what it says in words is in none of them."""
    values: Values = {
        # A fixed set of names: what a server sends may not make series.
        "dns_rcode": {RCODES.get(reply.rcode, "other"): 1},
        "dns_flags": {flag: int(flag in reply.flags) for flag in SHOWN_FLAGS},
        "dns_records": {section: len(records) for section, records in reply.sections.items()},
    }
    if reply.minimum_ttl is not None:
        values["dns_minimum_ttl"] = reply.minimum_ttl
    if reply.soa_serial is not None:
        values["dns_soa_serial"] = reply.soa_serial
    return values

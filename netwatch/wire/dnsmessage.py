"""What is asked of a DNS server, and what it says, as data; `dnscodec` has the bytes of both."""

from collections.abc import Callable
from dataclasses import dataclass

RCODES = {
    0: "NOERROR",
    1: "FORMERR",
    2: "SERVFAIL",
    3: "NXDOMAIN",
    4: "NOTIMP",
    5: "REFUSED",
    6: "YXDOMAIN",
    7: "YXRRSET",
    8: "NXRRSET",
    9: "NOTAUTH",
    10: "NOTZONE",
    11: "DSOTYPENI",
    16: "BADVERS",
    17: "BADKEY",
    18: "BADTIME",
    19: "BADMODE",
    20: "BADNAME",
    21: "BADALG",
    22: "BADTRUNC",
    23: "BADCOOKIE",
}
"""Response codes by name (RFC 6895 section 2.3, and the registry of IANA)."""


class MalformedReplyError(Exception):
    """It answers this very query, and not in DNS; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked (RFC 1035 section 4.1), and how; `edns_bytes` 0 asks without EDNS (RFC 6891).

    `kind` is the type of the records, `A` or `TYPE257`; `class_` their class, `IN` or `CH`.
    """

    name: str
    kind: str = "A"
    class_: str = "IN"
    recursion: bool = True
    edns_bytes: int = 0
    dnssec: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered.

    A section has a line for each record as in a zone file (RFC 1035 section 5.1): owner, TTL,
    class, type and data with a tab between; the additional one without what belongs to EDNS.
    `flags` are those set, as dig writes them: `qr aa tc rd ra ad cd`. `minimum_ttl` is the
    smallest of all answers, and `soa_serial` that of the first SOA record among the answers and
    the authorities; None where there is none.
    """

    rcode: int
    flags: frozenset[str]
    answer: tuple[str, ...]
    authority: tuple[str, ...]
    additional: tuple[str, ...]
    minimum_ttl: int | None
    soa_serial: int | None

    @property
    def rcode_name(self) -> str:
        """`NOERROR`, or `RCODE4000` where that has no name."""
        return RCODES.get(self.rcode, f"RCODE{self.rcode}")

    @property
    def sections(self) -> dict[str, tuple[str, ...]]:
        """The records of each section, by its name."""
        return {
            "answer": self.answer,
            "authority": self.authority,
            "additional": self.additional,
        }

    @property
    def is_truncated(self) -> bool:
        """Whether there is more than this transport could carry (RFC 2181 section 9)."""
        return "tc" in self.flags


@dataclass(frozen=True, slots=True)
class Query:
    """One query as it is sent, and how to read what comes back.

    `read` returns None for what answers something else, or is no answer: it may be forged
    (RFC 5452). It raises MalformedReplyError.
    """

    wire: bytes
    read: Callable[[bytes], Reply | None]

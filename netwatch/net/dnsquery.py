"""One question to one DNS server, as a resolver asks it: the addresses of one family of a name.

Deadlines are the caller's; cancelling closes the socket. Importing this module imports dnspython,
so do it when there is a name to ask for.
"""

import secrets
from dataclasses import dataclass
from functools import partial
from typing import Literal

import dns.exception
import dns.flags
import dns.message
import dns.rcode

from netwatch.model import Outcome
from netwatch.net.connect import connect
from netwatch.net.dnsexchange import answer_by_datagram, answer_by_stream, datagram_socket
from netwatch.net.oserrors import of_os_error
from netwatch.wire.dnscodec import WrittenQuestion
from netwatch.wire.dnsmessage import MalformedReplyError, Question

Family = Literal[4, 6]

RECORD_TYPES = {4: "A", 6: "AAAA"}


class QueryError(Exception):
    """The server gave no answer; the message is the reason. `is_local`: it is our own fault."""

    def __init__(self, reason: str, *, is_local: bool = False) -> None:
        super().__init__(reason)
        self.is_local = is_local


@dataclass(frozen=True, slots=True)
class Records:
    """What a server says of a name and family.

    `addresses` is empty if there are none, and None if the server does not know. `said` is the same
    for people, with the response code (RFC 1035 section 4.1.1) if that is the reason. `ttl_seconds`
    is the smallest along the chain of CNAMEs.
    """

    addresses: tuple[str, ...] | None
    ttl_seconds: float
    said: str


async def ask(server: str, port: int, name: str, family: Family) -> Records:
    """Ask `server`, an IP address, for the A (family 4) or AAAA records (6) of `name`.

    Raises QueryError if the server is out of reach or does not speak sense, or we cannot ask.
    """
    try:
        question = WrittenQuestion(Question(name, RECORD_TYPES[family]))
    except ValueError as error:
        # Nobody was asked: a search domain made the name too long, say.
        return Records((), 0, f"not a DNS name ({error})")
    try:
        return _records(await _exchange(server, port, question))
    except OSError as error:
        is_local = of_os_error(error)[0] is Outcome.LOCAL
        raise QueryError(error.strerror or str(error), is_local=is_local) from error
    except (dns.exception.DNSException, MalformedReplyError) as error:
        raise QueryError(f"malformed answer ({error})") from error


def _records(response: dns.message.QueryMessage) -> Records:
    """Read the addresses at the end of the CNAME chain (RFC 1034 section 3.6.2)."""
    rcode = response.rcode()
    if rcode not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return Records(None, 0, dns.rcode.to_text(rcode))
    chain = response.resolve_chaining()
    addresses = tuple(record.to_text() for record in chain.answer or ())
    said = "NXDOMAIN" if rcode == dns.rcode.NXDOMAIN else f"{len(addresses) or 'no'} addresses"
    return Records(addresses, chain.minimum_ttl, said)


async def _exchange(server: str, port: int, question: WrittenQuestion) -> dns.message.QueryMessage:
    """Ask by UDP, and again by TCP if the answer was truncated (RFC 1035 section 4.2)."""
    number = secrets.randbits(16)
    wire, read = question.wire(number), partial(question.response, number)
    with datagram_socket(server, port) as sock:
        sock.send(wire)
        response = await answer_by_datagram(sock, read)
    if not response.flags & dns.flags.TC:
        return response
    with await connect(server, port) as stream:
        complete = await answer_by_stream(stream, wire, read)
    if not complete:
        raise QueryError("malformed answer, or one to something else")
    return complete

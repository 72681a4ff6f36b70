"""Asks one DNS server one question."""

import itertools
import secrets
from collections.abc import Callable

from netwatch.attempt import Attempt
from netwatch.model import Outcome, ProbeError
from netwatch.net.lookup import address_now
from netwatch.probes.dns.reply import ReplyOptions, values_of
from netwatch.probes.dns.transport import Transport
from netwatch.resolution import Resolve
from netwatch.wire.dnsmessage import MalformedReplyError, Query, Reply


class DnsProbe:
    """Asks the same of all servers that are its targets; `queries` makes the query of an id."""

    def __init__(
        self,
        queries: Callable[[int], Query],
        transport: Transport,
        expected: ReplyOptions,
        resolve: Resolve,
    ) -> None:
        self._queries = queries
        self._transport = transport
        self._expected = expected
        self._resolve = resolve

    async def measure(self, attempt: Attempt) -> None:
        with attempt.timed("resolve"):
            server = await address_now(attempt.endpoint, self._resolve)
        try:
            query = self._queries(secrets.randbits(16))  # not to be guessed (RFC 5452)
            reply = await self._transport.ask(attempt, server, query)
        except MalformedReplyError as error:
            raise ProbeError(Outcome.PROTOCOL, f"malformed reply: {error}") from error
        _tell(attempt, reply)
        attempt.values |= values_of(reply)
        attempt.findings |= reply.sections
        if broken := "; ".join(self._expected.broken_by(reply)):
            raise ProbeError(Outcome.MISMATCH, broken)


def _tell(attempt: Attempt, reply: Reply) -> None:
    """Note the reply as dig writes it."""
    counts = ", ".join(f"{name} {len(records)}" for name, records in reply.sections.items())
    attempt.note(f"{reply.rcode_name}, flags {' '.join(sorted(reply.flags))}; {counts}")
    for record in itertools.chain(*reply.sections.values()):
        attempt.note(record)

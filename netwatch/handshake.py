"""The TLS handshake of an attempt: its phase, its facts, and those of a refused certificate."""

import ssl
from collections.abc import Awaitable, Callable

from netwatch.attempt import Attempt
from netwatch.net.stream import Stream
from netwatch.net.tls import TlsContexts, TlsOptions, facts_of_refused, refusal_of, tls_values


async def shake_hands(
    attempt: Attempt,
    stream: Stream,
    contexts: TlsContexts,
    options: TlsOptions,
    *,
    host: str,
    connect_again: Callable[[], Awaitable[Stream]],
    alpn: tuple[str, ...] = (),
) -> None:
    """Put `stream` under TLS with the server at `host`, and write down what that tells.

    `connect_again` makes another connection up to where the handshake begins, for a look at a
    certificate that was refused. Raises ProbeError, OSError and ssl.SSLError.
    """
    context = contexts.get(options, alpn=alpn)  # may read files: not the server's time
    name = options.name_of(host)
    try:
        with attempt.timed("tls"):
            tls = await stream.start_tls(context, name)
    except ssl.SSLCertVerificationError as error:
        stream.close()  # the server may have room for one connection
        attempt.failure = error
        attempt.values |= refusal_of(error)
        attempt.values |= await facts_of_refused(contexts, options, name, connect_again)
        raise
    attempt.values |= tls_values(tls)
    attempt.look(tls)
    attempt.note(f"negotiated {tls.version()} with {name}")

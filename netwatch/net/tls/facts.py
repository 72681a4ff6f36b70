"""What a handshake tells of the server's certificate, also when that is refused.

A refused one is looked at by a second handshake that verifies nothing: the day on which a
certificate expired is of most use when it has expired.
"""

import asyncio
import contextlib
import ssl
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from netwatch.exposition.family import Family, Kind
from netwatch.model import Outcome, ProbeError
from netwatch.net.stream import Stream
from netwatch.net.tls.contexts import TlsContexts
from netwatch.net.tls.options import TlsOptions
from netwatch.wire.certificate import MalformedCertificateError, not_after

Facts = dict[str, float | Mapping[str, float]]
"""What a handshake tells, by the key of its metric family."""

FACTS_SECONDS = 1.0
"""How long the second handshake may take: it must not spend the time of the attempt."""

TLS_FAMILIES = (
    Family(
        name="netwatch_tls_verified",
        kind=Kind.GAUGE,
        help="Whether the server's certificate passed verification; absent where that is off.",
        key="tls_verified",
    ),
    Family(
        name="netwatch_tls_verification_error",
        kind=Kind.GAUGE,
        help="1 for the reason why the server's certificate was refused.",
        key="tls_verification_error",
        label="reason",
    ),
    Family(
        name="netwatch_tls_not_after_timestamp_seconds",
        kind=Kind.GAUGE,
        help="When the server's certificate expires.",
        key="tls_not_after",
        unit="seconds",
    ),
    Family(
        name="netwatch_tls_chain_not_after_timestamp_seconds",
        kind=Kind.GAUGE,
        help="When the first certificate of the server's chain expires.",
        key="tls_chain_not_after",
        unit="seconds",
    ),
    Family(
        name="netwatch_tls_version",
        kind=Kind.GAUGE,
        help="1 for the version of TLS that was agreed on.",
        key="tls_version",
        label="version",
    ),
    Family(
        name="netwatch_tls_cipher",
        kind=Kind.GAUGE,
        help="1 for the cipher suite that was agreed on, by OpenSSL's name.",
        key="tls_cipher",
        label="cipher",
    ),
)

_DER = 2  # _ssl.ENCODING_DER
# By X509_V_ERR_…, openssl-verification-options(1) and x509_vfy.h.
_REASONS = {
    2: "unknown_ca",  # no issuer
    9: "not_yet_valid",
    10: "certificate_expired",
    18: "self_signed",
    19: "unknown_ca",  # the root came along, and is none of ours
    20: "unknown_ca",  # no issuer among ours
    21: "unknown_ca",  # no issuer at all
    23: "revoked",
    24: "invalid_ca",
    26: "invalid_purpose",
    62: "hostname_mismatch",
    64: "hostname_mismatch",  # by IP address
    66: "weak",  # key of the server
    67: "weak",  # key of an authority
    68: "weak",  # digest of an authority
    79: "invalid_ca",
}


def tls_values(tls: ssl.SSLObject | ssl.SSLSocket) -> Facts:
    """Return what a handshake that is done tells; raises ProbeError for an unreadable date."""
    try:
        dates = [not_after(der) for der in peer_chain(tls)]
    except MalformedCertificateError as error:
        raise ProbeError(Outcome.PROTOCOL, f"malformed certificate: {error}") from error
    facts: Facts = {}
    if dates:
        facts = {"tls_not_after": dates[0], "tls_chain_not_after": min(dates)}
    if tls.context.verify_mode is not ssl.CERT_NONE:
        facts["tls_verified"] = 1.0
    if version := tls.version():
        facts["tls_version"] = {"1.0" if version == "TLSv1" else version.removeprefix("TLSv"): 1.0}
    if cipher := tls.cipher():
        facts["tls_cipher"] = {cipher[0]: 1.0}
    return facts


def peer_chain(tls: ssl.SSLObject | ssl.SSLSocket) -> list[bytes]:
    """Return the peer's certificates in DER, its own first, then its authorities.

    Verified, these are the ones by which it was believed, up to the root; otherwise those it sent.
    """
    if tls.context.verify_mode is ssl.CERT_NONE:
        return sent_chain(tls)
    if sys.version_info >= (3, 13):
        return tls.get_verified_chain()
    return _in_der(vars(tls)["_sslobj"].get_verified_chain())


def sent_chain(tls: ssl.SSLObject | ssl.SSLSocket) -> list[bytes]:
    """Return the certificates in DER that the peer sent, its own first."""
    if sys.version_info >= (3, 13):
        return tls.get_unverified_chain()
    # Python has had it since 3.10, but not where one may see it.
    return _in_der(vars(tls)["_sslobj"].get_unverified_chain())


def _in_der(chain: Any) -> list[bytes]:
    return [certificate.public_bytes(_DER) for certificate in chain or ()]


def refusal_of(error: ssl.SSLCertVerificationError) -> Facts:
    """Return that the certificate was refused, and why, in a word out of a dozen."""
    reason = _REASONS.get(error.verify_code, "other")
    return {"tls_verified": 0.0, "tls_verification_error": {reason: 1.0}}


async def facts_of_refused(
    contexts: TlsContexts,
    options: TlsOptions,
    server_name: str,
    connect: Callable[[], Awaitable[Stream]],
) -> Facts:
    """Return what a second handshake tells of a certificate that was refused.

    `connect` makes the connection for that, up to where the handshake begins. Where it fails, or
    takes long, there is nothing.
    """
    with contextlib.suppress(OSError, ProbeError):  # TimeoutError and ssl.SSLError are OSErrors
        async with asyncio.timeout(FACTS_SECONDS):
            with await connect() as stream:
                context = contexts.get(options.model_copy(update={"ca_file": "", "verify": False}))
                return tls_values(await stream.start_tls(context, server_name))
    return {}

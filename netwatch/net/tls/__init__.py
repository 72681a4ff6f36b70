"""TLS as probes speak it: options, contexts, and what a handshake tells."""

from netwatch.net.tls.contexts import TlsContexts
from netwatch.net.tls.facts import (
    TLS_FAMILIES,
    facts_of_refused,
    refusal_of,
    sent_chain,
    tls_values,
)
from netwatch.net.tls.options import TlsOptions

__all__ = [
    "TLS_FAMILIES",
    "TlsContexts",
    "TlsOptions",
    "facts_of_refused",
    "refusal_of",
    "sent_chain",
    "tls_values",
]

"""Certificates made by a test's own authority, and the contexts of servers that show them."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
YESTERDAY = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
TOMORROW = YESTERDAY + timedelta(days=2)


class Authority:
    """Signs certificates; whoever has its `ca_file` believes them.

    Each authority of a test needs a name of its own, after which its files in `folder` are called.
    """

    def __init__(
        self, folder: Path, name: str = "authority", *, parent: "Authority | None" = None
    ) -> None:
        self._folder = folder
        self._name = name
        self.ca: trustme.CA = trustme.CA(
            organization_name=name, parent_cert=parent.ca if parent else None
        )
        self.ca_file = self._write("ca", self.ca.cert_pem)

    def server(
        self,
        *names: str,
        not_before: datetime = LONG_AGO,
        not_after: datetime = TOMORROW,
        clients_of: "Authority | None" = None,
        versions: tuple[ssl.TLSVersion, ssl.TLSVersion] | None = None,
        alpn: Sequence[str] = (),
    ) -> ssl.SSLContext:
        """Return the context of a server with these names (or IP addresses), or of localhost.

        `clients_of`: only clients that this authority has certified may connect.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate = self.ca.issue_cert(
            *(names or ("localhost", "127.0.0.1", "::1")),
            not_before=not_before,
            not_after=not_after,
        )
        certificate.configure_cert(context)
        context.set_alpn_protocols(list(alpn))
        if clients_of:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(clients_of.ca_file)
        if versions:
            context.minimum_version, context.maximum_version = versions
        return context

    def server_files(self, *names: str) -> tuple[str, str]:
        """Return the certificate file and the key file of a server with these names."""
        made = self.ca.issue_cert(*names)
        return (
            self._write("server-certificate", made.cert_chain_pems[0]),
            self._write("server-key", made.private_key_pem),
        )

    def self_signed_server(self) -> ssl.SSLContext:
        """Return the context of a server that shows the authority's own certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, self._write("ca-key", self.ca.private_key_pem))
        return context

    def client(self, name: str = "client") -> tuple[str, str]:
        """Return the certificate file and the key file of a client."""
        made = self.ca.issue_cert(f"{name}@example.org")
        return (
            self._write(f"{name}-certificate", made.cert_chain_pems[0]),
            self._write(f"{name}-key", made.private_key_pem),
        )

    def client_context(self) -> ssl.SSLContext:
        """Return the context of a client that believes us, and shows nothing."""
        return ssl.create_default_context(cafile=self.ca_file)

    def _write(self, what: str, pem: trustme.Blob) -> str:
        path = self._folder / f"{self._name}-{what}.pem"
        pem.write_to_path(str(path))
        return str(path)

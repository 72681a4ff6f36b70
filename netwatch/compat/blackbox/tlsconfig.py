"""The keys of `tls_config`, and what a handshake says by blackbox_exporter's names."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import model_validator

from netwatch.compat.blackbox.kind import Unsupported
from netwatch.net.tls import TlsOptions
from netwatch.options import Options

_VERSIONS: Mapping[str, Literal["1.0", "1.1", "1.2", "1.3"]] = {
    "TLS10": "1.0",
    "TLS11": "1.1",
    "TLS12": "1.2",
    "TLS13": "1.3",
}
Version = Literal["TLS10", "TLS11", "TLS12", "TLS13"]
Inline = Annotated[None, Unsupported("certificates and keys in the configuration itself")]


class TlsConfig(Options):
    """How TLS is spoken, and who is believed."""

    ca_file: str = ""
    """PEM file of the authorities that are believed."""
    cert_file: str = ""
    """PEM file of our own certificate."""
    key_file: str = ""
    """PEM file of its key."""
    server_name: str = ""
    """The name to ask for and to verify; empty for the target's host."""
    insecure_skip_verify: bool = False
    """Whether any certificate will do."""
    min_version: Version = "TLS12"
    """The lowest version of TLS to accept."""
    max_version: Version | Literal[""] = ""
    """The highest version of TLS to offer."""
    ca: Inline = None
    cert: Inline = None
    key: Inline = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if bool(self.cert_file) != bool(self.key_file):
            raise ValueError("expected cert_file and key_file, or neither")
        if self.max_version and self.max_version < self.min_version:
            raise ValueError(
                f"found max_version {self.max_version}, expected at least min_version, "
                f"which is {self.min_version}"
            )
        return self

    def asking_for(self, server_name: str) -> Self:
        """Return the same for a server of this name, unless the configuration says another."""
        return self.model_copy(update={"server_name": self.server_name or server_name})

    def options(self) -> TlsOptions:
        """Return the same for a probe."""
        return TlsOptions(
            ca_file=self.ca_file,
            certificate_file=self.cert_file,
            key_file=self.key_file,
            server_name=self.server_name,
            minimum_version=_VERSIONS[self.min_version],
            maximum_version=_VERSIONS[self.max_version] if self.max_version else "",
            verify=not self.insecure_skip_verify,
        )

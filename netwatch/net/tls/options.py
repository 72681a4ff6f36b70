"""How a probe is told to speak TLS."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from netwatch.options import Options
from netwatch.wire.hostname import parse_host

Version = Literal["1.0", "1.1", "1.2", "1.3"]


def _host(text: str) -> str:
    return parse_host(text) if text else text


ServerName = Annotated[str, AfterValidator(_host)]


class TlsOptions(Options):
    """How TLS is spoken, and who is believed."""

    ca_file: str = ""
    """PEM file of the authorities that are believed; empty for those of the system."""
    certificate_file: str = ""
    """PEM file of our own certificate, for servers that ask for one."""
    key_file: str = ""
    """PEM file of its key, unencrypted; empty where it is in the same file."""
    server_name: ServerName = ""
    """The name to ask for (SNI) and to verify; empty for the target's host."""
    minimum_version: Version = "1.2"
    """The lowest version of TLS to accept."""
    maximum_version: Literal["", "1.0", "1.1", "1.2", "1.3"] = ""
    """The highest version of TLS to offer; empty for the newest."""
    verify: bool = True
    """Whether the server's certificate must be valid."""

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.key_file and not self.certificate_file:
            raise ValueError("found key_file alone, expected certificate_file with it")
        if self.maximum_version and self.maximum_version < self.minimum_version:
            raise ValueError(
                f"found maximum_version {self.maximum_version}, "
                f"expected at least minimum_version, which is {self.minimum_version}"
            )
        return self

    def name_of(self, host: str) -> str:
        """Return the name that a server at `host`, a name or an IP address, must prove to have."""
        return (self.server_name or host).partition("%")[0].rstrip(".")

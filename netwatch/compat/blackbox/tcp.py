"""The `tcp` module: a connection, and what is said on it."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from netwatch.attempt import Probe
from netwatch.compat.blackbox.kind import Lent, ModuleKind, checked
from netwatch.compat.blackbox.report import Report
from netwatch.compat.blackbox.template import expand, has_references
from netwatch.compat.blackbox.tlsconfig import TlsConfig
from netwatch.exposition.labels import LABEL_NAME
from netwatch.model import Endpoint, Outcome, Result
from netwatch.net.dialogue import Step
from netwatch.options import Options, SourceAddress
from netwatch.probes.tcp import TcpOptions, TcpProbe
from netwatch.wire.document import described
from netwatch.wire.hostname import parse_host, split_port
from netwatch.wire.pattern import parse_pattern

_FAMILY = "probe_expect_info"


def _label_name(name: object) -> None:
    if not isinstance(name, str) or not LABEL_NAME.fullmatch(name):
        raise ValueError(f"found {described(name)}, expected a label name")


class Label(Options):
    """A label of `probe_expect_info`."""

    name: Annotated[str, checked(_label_name)]
    """Its name."""
    value: str = ""
    """Its value, in which `${1}` stands for what was captured."""


class QueryResponse(Options):
    """One step: what is waited for, then what is sent, then TLS."""

    expect: Annotated[str, checked(parse_pattern)] = ""
    """Read lines until this matches one."""
    expect_bytes: str = ""
    """Read these bytes."""
    labels: list[Label] = Field(default_factory=list)
    """What to tell of the line."""
    send: str = ""
    """A line to send."""
    starttls: bool = False
    """Go on under TLS."""

    @model_validator(mode="after")
    def _has_captures(self) -> Self:
        if self.expect and self.expect_bytes:
            raise ValueError("found expect and expect_bytes, expected one of them in a step")
        if self.labels and not self.expect:
            raise ValueError("found labels without expect, expected both in one step")
        if not self.expect and has_references(self.send):
            raise ValueError("found a reference in send, expected expect in the same step")
        if "$${" in self.send:
            raise ValueError("found $${ in send, expected ${1} or $$")
        return self

    def step(self) -> Step:
        """Return the same for a probe."""
        step: dict[str, Any] = {
            "expect_bytes": self.expect_bytes,
            "send": expand(self.send, lambda name: f"${{{name}}}"),
            "starttls": self.starttls,
        }
        return Step.model_validate(step | ({"expect": self.expect} if self.expect else {}))


class TcpModule(ModuleKind):
    """Whether a port answers, and what."""

    source_ip_address: SourceAddress = ""
    """Connect from this address of this host."""
    query_response: list[QueryResponse] = Field(default_factory=list)
    """What to say, and to expect."""
    tls: bool = False
    """Whether to speak TLS from the first byte on."""
    tls_config: TlsConfig = Field(default_factory=TlsConfig)
    """How TLS is spoken."""
    hostname: str = Field(default="", exclude=True)

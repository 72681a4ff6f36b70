"""The `tcp` module: a connection, and what is said on it."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, field_serializer, model_validator

from netwatch.attempt import Probe
from netwatch.compat.blackbox.handshake import LastHandshake
from netwatch.compat.blackbox.kind import Lent, ProbedKind, checked
from netwatch.compat.blackbox.report import Report
from netwatch.compat.blackbox.template import expand, has_references
from netwatch.compat.blackbox.tlsconfig import TlsConfig
from netwatch.endpoint import Endpoint
from netwatch.exposition.labels import LABEL_NAME
from netwatch.model import Outcome, Result
from netwatch.net.dialogue import Step
from netwatch.options import SECRET, Options, SourceAddress
from netwatch.probes.tcp import TcpOptions, TcpProbe
from netwatch.wire.document import described
from netwatch.wire.hostname import parse_host, split_port
from netwatch.wire.pattern import parse_pattern
from netwatch.wire.redaction import MASK

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
    send: Annotated[str, Field(json_schema_extra=SECRET)] = ""
    """A line to send."""
    starttls: bool = False
    """Go on under TLS."""

    @field_serializer("send")
    def _shown(self, send: str) -> str:
        return MASK if send else send

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
        captures = parse_pattern(self.expect).captures

        def known(name: str) -> str:
            if name not in captures:
                expected = ", ".join(sorted(captures))
                raise ValueError(f"found ${name} in labels, expected one of {expected}")
            return name

        for label in self.labels:
            expand(label.value, known)
        return self

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do in it."""
        return not (self.expect or self.expect_bytes or self.send or self.starttls)

    def step(self) -> Step:
        """Return the same for a probe."""
        step: dict[str, Any] = {
            "expect_bytes": self.expect_bytes,
            "send": expand(self.send, lambda name: f"${{{name}}}"),
            "starttls": self.starttls,
        }
        return Step.model_validate(step | ({"expect": self.expect} if self.expect else {}))


class TcpModule(ProbedKind[TcpOptions]):
    """Whether a port answers, and what."""

    source_ip_address: SourceAddress = ""
    """Connect from this address of this host."""
    query_response: list[QueryResponse] = Field(default_factory=list)
    """What to say, and to expect."""
    tls: bool = False
    """Whether to speak TLS from the first byte on."""
    tls_config: TlsConfig = Field(default_factory=TlsConfig)
    """How TLS is spoken."""

    @property
    def _steps(self) -> list[QueryResponse]:
        return [step for step in self.query_response if not step.is_empty]

    def asking_for(self, hostname: str) -> Self:
        return self.model_copy(update={"tls_config": self.tls_config.asking_for(hostname)})

    def endpoint(self, target: str) -> Endpoint:
        host, port = split_port(target)
        if not port:
            raise ValueError(f"found {described(target)}, expected host:port")
        return Endpoint(name=target, host=parse_host(host), port=port)

    def options(self) -> TcpOptions:
        return TcpOptions(
            transport="tls" if self.tls else "tcp",
            tls=self.tls_config.options(),
            dialogue=[step.step() for step in self._steps],
            line_end="lf",
            source_address=self.source_ip_address,
        )

    def open(self, lent: Lent) -> Probe:
        def hear(number: int, captures: Mapping[str, str]) -> None:
            labels = self._steps[number].labels
            if labels:
                told = {label.name: expand(label.value, captures.__getitem__) for label in labels}
                lent.tell(_FAMILY, told)

        return TcpProbe(self.options(), lent.services, hear)

    def report(self, result: Result, handshake: LastHandshake) -> Report:
        step = self._broken_step(result)
        by_regex = step is not None and bool(step.expect)
        failed = {
            "probe_failed_due_to_regex": by_regex,
            "probe_failed_due_to_bytes": step is not None and not by_regex,
        }
        values = result.values
        return Report(dict(failed)) | handshake.report(values) | handshake.chain_report(values)

    def _broken_step(self, result: Result) -> QueryResponse | None:
        """Return the step in which something else came, or the connection ended."""
        if result.phase != "dialogue" or result.outcome not in {Outcome.MISMATCH, Outcome.RESET}:
            return None
        done = result.values["tcp_dialogue_steps"]
        return self._steps[int(done)] if isinstance(done, float) else None

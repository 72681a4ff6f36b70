"""The `grpc` module: one question to the health service of a server."""

import base64
from collections.abc import Mapping
from typing import Self

from pydantic import Field, field_serializer, model_validator

from netwatch.attempt import Probe
from netwatch.compat.blackbox.handshake import LastHandshake
from netwatch.compat.blackbox.kind import Lent, ProbedKind, shown_phases
from netwatch.compat.blackbox.report import Report
from netwatch.compat.blackbox.tlsconfig import TlsConfig
from netwatch.endpoint import Endpoint
from netwatch.model import Outcome, Result
from netwatch.options import SECRET
from netwatch.probes.grpc import GrpcOptions, GrpcProbe
from netwatch.wire.grpc import GrpcCode
from netwatch.wire.hostname import parse_host, split_port
from netwatch.wire.redaction import MASK

STATUSES = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")


class GrpcModule(ProbedKind[GrpcOptions]):
    """Whether a server says that it is healthy."""

    service: str = ""
    """The service to ask for; empty for the server as a whole."""
    metadata: dict[str, str] = Field(default_factory=dict, json_schema_extra=SECRET)
    """What to send along."""
    tls: bool = False
    """Whether to speak TLS."""
    tls_config: TlsConfig = Field(default_factory=TlsConfig)
    """How TLS is spoken."""

    @field_serializer("metadata")
    def _shown(self, metadata: dict[str, str]) -> dict[str, str]:
        return dict.fromkeys(metadata, MASK)

    @model_validator(mode="after")
    def _says_each_name_once(self) -> Self:
        if len(self._sent()) < len(self.metadata):
            raise ValueError("found a name of metadata twice, expected it once, in whatever case")
        return self

    def asking_for(self, hostname: str) -> Self:
        return self.model_copy(update={"tls_config": self.tls_config.asking_for(hostname)})

    def endpoint(self, target: str) -> Endpoint:
        authority = target.removeprefix("http://").removeprefix("https://").rstrip("/")
        host, port = split_port(authority)
        port = port or (443 if self.tls else 80)
        return Endpoint(name=target, host=parse_host(host), port=port)

    def options(self) -> GrpcOptions:
        return GrpcOptions(
            service=self.service,
            metadata=self._sent(),
            transport="tls" if self.tls else "tcp",
            tls=self.tls_config.options(),
        )

    def _sent(self) -> dict[str, str]:
        """Return the metadata as gRPC libraries send it: see PROTOCOL-HTTP2.md of gRPC."""
        lowered = {name.lower(): value for name, value in self.metadata.items()}
        return {
            name: _in_base64(value) if name.endswith("-bin") else value
            for name, value in lowered.items()
        }

    def open(self, lent: Lent) -> Probe:
        from netwatch.net.grpccall import unary_call  # noqa: PLC0415 - an extra

        return GrpcProbe(self.options(), lent.services, unary_call)

    def report(self, result: Result, handshake: LastHandshake) -> Report:
        serving = result.values.get("grpc_serving", {})
        said = serving if isinstance(serving, Mapping) else {}
        phases = shown_phases(result, "resolve")
        if "check" in result.phases:
            steps = ("connect", "tls", "check")
            phases["check"] = sum(result.phases.get(step, 0.0) for step in steps)
        report = Report(
            {
                "probe_grpc_duration_seconds": phases,
                "probe_grpc_ssl": handshake.is_done,
                "probe_grpc_status_code": result.values.get("grpc_status_code", _code(result)),
                "probe_grpc_healthcheck_response": {name: name in said for name in STATUSES},
            }
        )
        return report | handshake.report(result.values)


def _in_base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode().rstrip("=")


def _code(result: Result) -> GrpcCode:
    """Return what a gRPC library says of a server that has not answered."""
    is_late = result.outcome is Outcome.TIMEOUT
    return GrpcCode.DEADLINE_EXCEEDED if is_late else GrpcCode.UNAVAILABLE

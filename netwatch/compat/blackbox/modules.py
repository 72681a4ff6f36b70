"""blackbox.yml: the modules of a blackbox_exporter configuration file, checked as ours is."""

import json
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    model_validator,
)

from netwatch.compat.blackbox.dns import DnsModule
from netwatch.compat.blackbox.grpc import GrpcModule
from netwatch.compat.blackbox.http import HttpModule
from netwatch.compat.blackbox.icmp import IcmpModule
from netwatch.compat.blackbox.kind import ModuleKind, Unsupported
from netwatch.compat.blackbox.tcp import TcpModule
from netwatch.options import Options
from netwatch.validation import read
from netwatch.wire.document import described
from netwatch.wire.duration import format_duration
from netwatch.wire.goduration import GO_DURATION_PATTERN, parse_go_duration

KINDS = ("dns", "grpc", "http", "icmp", "tcp")

GoDuration = Annotated[
    float,
    BeforeValidator(parse_go_duration),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": GO_DURATION_PATTERN}),
]


def _prober(name: object) -> object:
    if name not in KINDS:
        raise ValueError(f"found {described(name)}, expected one of {', '.join(KINDS)}")
    return name


class Module(Options):
    """One way to probe; the section of its prober counts, those of others do not."""

    model_config = ConfigDict(defer_build=True)

    prober: Annotated[Literal["dns", "grpc", "http", "icmp", "tcp"], BeforeValidator(_prober)]
    """What it probes by."""
    timeout: GoDuration = 0.0
    """The longest that it may take; 0 leaves that to the scraper."""
    http: HttpModule | None = None
    tcp: TcpModule | None = None
    icmp: IcmpModule | None = None
    dns: DnsModule | None = None
    grpc: GrpcModule | None = None
    unix: Annotated[None, Unsupported("Unix sockets")] = None
    websocket: Annotated[None, Unsupported("WebSocket")] = None

    @model_validator(mode="before")
    @classmethod
    def _has_its_section(cls, value: object) -> object:
        """Fill in the section of the prober, but for that of `dns`, which must ask for a name."""
        prober = value.get("prober") if isinstance(value, dict) else None
        if not isinstance(value, dict) or prober not in KINDS or value.get(prober) is not None:
            return value
        if prober == "dns":
            raise ValueError("found the prober dns without a question, expected dns.query_name")
        return value | {prober: {}}

    @property
    def kind(self) -> ModuleKind:
        """The section of its prober."""
        kind: ModuleKind = getattr(self, self.prober)
        return kind

    def asking_for(self, hostname: str) -> Self:
        """Return the module that probes a host of this name, whatever the target's address is.

        Raises ValueError where its configuration says another one.
        """
        return self.model_copy(update={self.prober: self.kind.asking_for(hostname)})

    def shown(self) -> str:
        """Return what the file says of it, without its secrets."""
        return json.dumps(self.model_dump(mode="json", exclude_unset=True), indent=2)


class BlackboxFile(Options):
    """The whole file."""

    model_config = ConfigDict(defer_build=True)

    modules: dict[str, Module] = Field(default_factory=dict)
    """The modules, by name."""


def read_modules(text: str, file_name: str) -> Mapping[str, Module]:
    """Return the modules by name. Raises ConfigError with all that is wrong."""
    return read(BlackboxFile, text, file_name).modules

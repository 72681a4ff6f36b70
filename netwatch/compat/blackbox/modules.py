"""blackbox.yml: the modules of a blackbox_exporter configuration file, checked as ours is."""

import json
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from netwatch.compat.blackbox.dns import DnsModule
from netwatch.compat.blackbox.http import HttpModule
from netwatch.compat.blackbox.icmp import IcmpModule
from netwatch.compat.blackbox.kind import ModuleKind, unsupported
from netwatch.compat.blackbox.tcp import TcpModule
from netwatch.options import Options
from netwatch.validation import read
from netwatch.wire.document import described
from netwatch.wire.duration import format_duration
from netwatch.wire.goduration import GO_DURATION_PATTERN, parse_go_duration

KINDS = ("dns", "http", "icmp", "tcp")

GoDuration = Annotated[
    float,
    BeforeValidator(parse_go_duration),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": GO_DURATION_PATTERN}),
]
OrDefaults = BeforeValidator(lambda value: {} if value is None else value)
"""A section without keys is all its defaults."""


def _prober(name: object) -> object:
    if name not in KINDS:
        raise ValueError(f"found {described(name)}, expected one of {', '.join(KINDS)}")
    return name


class Module(Options):
    """One way to probe; the section of its prober counts, those of others do not."""

    prober: Annotated[Literal["dns", "http", "icmp", "tcp"], BeforeValidator(_prober)]
    """What it probes by."""
    timeout: GoDuration = 0.0
    """The longest that it may take; 0 leaves that to the scraper."""
    http: Annotated[HttpModule, OrDefaults] = Field(default_factory=HttpModule)
    tcp: Annotated[TcpModule, OrDefaults] = Field(default_factory=TcpModule)
    icmp: Annotated[IcmpModule, OrDefaults] = Field(default_factory=IcmpModule)
    dns: DnsModule | None = None
    unix: Annotated[None, unsupported("Unix sockets")] = None
    websocket: Annotated[None, unsupported("WebSocket")] = None

    @model_validator(mode="after")
    def _has_a_question(self) -> Self:
        if self.prober == "dns" and self.dns is None:
            raise ValueError("found the prober dns, expected dns.query_name")
        return self

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

    modules: dict[str, Module] = Field(default_factory=dict)
    """The modules, by name."""


def read_modules(text: str, file_name: str) -> Mapping[str, Module]:
    """Return the modules by name. Raises ConfigError with all that is wrong."""
    return read(BlackboxFile, text, file_name).modules

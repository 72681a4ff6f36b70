"""The configuration: from the text of a file to checked values, or to all that is wrong with it."""

import copy
import functools
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic.config import JsonDict

from netwatch.compat import CompatOptions
from netwatch.default_checks import DefaultsOptions, with_default_checks
from netwatch.defaults import default_config
from netwatch.net.kubernetes.client import is_installed
from netwatch.net.udpecho import UdpEchoOptions
from netwatch.options import Choice, Labels, Listen, Options, one_of
from netwatch.peers import Peers, plan_peers
from netwatch.probe import ProbeOptions
from netwatch.probes import PROBES
from netwatch.resolution import ResolveOptions
from netwatch.sinks import SinksOptions
from netwatch.source import SourceOptions
from netwatch.sources import SOURCES
from netwatch.sources.static import StaticOptions
from netwatch.state import StateOptions
from netwatch.validation import read
from netwatch.wire.document import Document, Problem, described
from netwatch.wire.duration import DURATION_PATTERN, format_duration
from netwatch.wire.listen import ListenAddress
from netwatch.wire.yaml import parse

CHECK_NAME_PATTERN = r"^[A-Za-z0-9._-]{1,63}$"


def _check_name(name: object) -> object:
    if isinstance(name, str) and not re.fullmatch(CHECK_NAME_PATTERN, name):
        expected = 'expected a check name: 1 to 63 letters, digits, "-", "_" and "."'
        raise ValueError(f"found {described(name)}, {expected}")
    return name


CheckName = Annotated[
    str,
    BeforeValidator(_check_name),
    WithJsonSchema({"type": "string", "pattern": CHECK_NAME_PATTERN}),
]


class CheckConfig(Options):
    """What is probed, how, and when it counts as down."""

    source: Annotated[Choice[SourceOptions], one_of("Source", SOURCES)]
    """Where the targets come from: exactly one source with its options."""
    probe: Annotated[Choice[ProbeOptions], one_of("Probe", PROBES)]
    """How they are probed: exactly one probe with its options."""
    labels: Labels = Field(default_factory=dict)
    """Labels of all series of the check; a target's own label of the same name wins."""
    state: StateOptions = Field(default_factory=StateOptions)
    """When a target is up, degraded or down."""
    resolve: ResolveOptions = Field(default_factory=ResolveOptions)
    """Which addresses of a host name are probed."""
    optional: bool = False
    """Whether it is well when the source names no target."""
    peers: Peers = "auto"
    """Of many nodes, how many each one probes: `all`, a sample, or `auto`, which is `all` up to 30
    nodes."""

    @model_validator(mode="after")
    def _has_time_for_turns(self) -> Self:
        plan_peers(self.peers, self.probe_options.interval, self.probe_options.timeout)
        return self

    @property
    def source_name(self) -> str:
        """The source's key in the registry."""
        return self.source.name

    @property
    def source_options(self) -> SourceOptions:
        """The source's options, validated."""
        return self.source.options

    @property
    def probe_name(self) -> str:
        """The probe's key in the registry."""
        return self.probe.name

    @property
    def probe_options(self) -> ProbeOptions:
        """The probe's options, validated."""
        return self.probe.options


class KubernetesAuthOptions(Options):
    """Whether scrapers come with tokens of the cluster, which its API server judges."""

    enabled: bool = False
    """Whether the API server is asked whose a token is (TokenReview), and whether he may do this
    with the path (SubjectAccessReview). Needs TLS, and the extra `kubernetes`."""
    audiences: list[str] = Field(default_factory=list)
    """One of these must be among those that the token is for; without any, the API server."""

    @model_validator(mode="after")
    def _needs_its_libraries(self) -> Self:
        if self.enabled and not is_installed():
            expected = 'expected them: pip install "netwatch-agent[kubernetes]"'
            raise ValueError(f"found no libraries for Kubernetes, {expected}")
        return self


class WebOptions(Options):
    """How the HTTP server is protected."""

    config_file: str = ""
    """A web configuration file as Prometheus' exporters have it: TLS, clients' certificates,
    passwords, headers; empty for plain HTTP that answers everybody."""
    kubernetes_auth: KubernetesAuthOptions = Field(default_factory=KubernetesAuthOptions)
    """Who comes with a token of the cluster is judged by its API server; off by default."""

    @model_validator(mode="after")
    def _sends_no_token_in_the_clear(self) -> Self:
        if self.kubernetes_auth.enabled and not self.config_file:
            expected = "expected one with tls_server_config"
            raise ValueError(f"found kubernetes_auth without a config_file, {expected}")
        return self


def _checks_may_be_default(config_schema: JsonDict) -> None:
    """Say that a file needs checks of its own only where it has none by default."""
    config_schema["required"] = []
    enabled: JsonDict = {"properties": {"enabled": {"const": True}}, "required": ["enabled"]}
    config_schema["if"] = {"properties": {"defaults": enabled}, "required": ["defaults"]}
    config_schema["else"] = {"required": ["checks"]}


class Config(Options):
    """The configuration of netwatch; two that say the same are equal."""

    model_config = ConfigDict(json_schema_extra=_checks_may_be_default)

    listen: list[Listen] = Field(
        default_factory=lambda: [ListenAddress("127.0.0.1", 9847)],
        json_schema_extra={"default": ["127.0.0.1:9847"]},
    )
    """Addresses of the HTTP server: `127.0.0.1:9847`, `[::1]:9847`, or `:9847` for all of them."""
    node_name: str = ""
    """What sources call the node on which netwatch runs: `${NODE_NAME}`, which a pod has from
    `spec.nodeName`; the host name if empty."""
    web: WebOptions = Field(default_factory=WebOptions)
    """How the HTTP server is protected."""
    checks: Annotated[dict[CheckName, CheckConfig], Field(min_length=1)]
    """What is measured, by name; the name is a label of all series of the check."""
    defaults: DefaultsOptions = Field(default_factory=DefaultsOptions)
    """Whether the checks of the default configuration are there, too."""
    sinks: SinksOptions = Field(default_factory=SinksOptions)
    """Where results go, beside `/metrics` and the log."""
    compat: CompatOptions = Field(default_factory=CompatOptions)
    """The series of tools that netwatch replaces, beside ours."""
    udp_echo: UdpEchoOptions = Field(default_factory=UdpEchoOptions)
    """Where the `udp` probes of other agents are answered; nowhere by default."""
    reload_endpoint: bool = False
    """Whether `POST /-/reload` reads the file again; SIGHUP always does."""


def load(text: str | bytes, file_name: str, environ: Mapping[str, str]) -> Config:
    """Read and check a configuration; `file_name` is for messages, `environ` for `${NAME}`.

    Raises ConfigError with all that is wrong, as far as it can be known.
    """

    def prepare(document: Document) -> Document:
        default = parse(default_config(environ), environ).value
        return with_default_checks(document, default["checks"])

    def also(config: Config, document: Document) -> Iterator[Problem]:
        return unfit(config.checks, document)

    return read(Config, text, file_name, environ, prepare=prepare, also=also)


def unfit(checks: Mapping[str, CheckConfig], document: Document) -> Iterator[Problem]:
    """Yield a problem for each target that stands in the file and does not suit its probe."""
    for name, check in checks.items():
        if isinstance(check.source_options, StaticOptions):
            for index, target in enumerate(check.source_options.root):
                path = ("checks", name, "source", "static", index)
                if missing := check.probe_options.misses(target.endpoint()):
                    message = f"{missing}, for the probe {check.probe_name}"
                    yield Problem(document.where(path), path, message)


def schema() -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a configuration file."""
    return copy.deepcopy(_schema())


@functools.cache
def _schema() -> dict[str, Any]:
    """Make it once: that takes 80 ms, in which nothing else goes on."""
    found = Config.model_json_schema()
    _tidy(found)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **found,
        "title": "netwatch configuration",
    }


def _tidy(node: Any) -> None:
    """Drop titles that repeat the keys, refuse keys of no pattern, write durations as such."""
    if isinstance(node, list):
        for item in node:
            _tidy(item)
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        if "patternProperties" in node:
            node["additionalProperties"] = False
        if node.get("pattern") == DURATION_PATTERN and "default" in node:
            node["default"] = format_duration(node["default"])
        for inner in node.values():
            _tidy(inner)

"""One target as people write it in the configuration or in a file of targets."""

from collections.abc import Iterable
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from netwatch.endpoint import Endpoint, Snapshot
from netwatch.options import Labels, Options
from netwatch.wire.document import described
from netwatch.wire.hostname import MAX_PORT, parse_address, parse_host, split_port
from netwatch.wire.url import looks_like_url, parse_url


def probeable_host(text: str) -> str:
    """Return the host that `text` names. Raises ValueError, also for addresses of many hosts."""
    host = parse_host(text)
    address = parse_address(host)
    if address and (address.is_unspecified or address.is_multicast):
        raise ValueError(f"found {described(text)}, expected the address of one host")
    return host


def probeable_url(text: str) -> str:
    """Return the URL that `text` is. Raises ValueError, also where its host is many hosts."""
    probeable_host(parse_url(text).host)
    return text


def parse_backend(text: str) -> tuple[str, int]:
    """Return IP address and port of `address:port`. Raises ValueError."""
    host, port = split_port(text)
    address = parse_address(host)
    if address is None or not port:
        raise ValueError(f"found {described(text)}, expected an IP address and a port")
    return str(address), port


def _backend(text: str) -> str:
    parse_backend(text)
    return text


Backend = Annotated[str, AfterValidator(_backend)]
"""An IP address and a port: `10.0.0.7:8080` or `[2001:db8::7]:8080`."""

Host = Annotated[str, AfterValidator(probeable_host)]
"""A host name, or the IP address of one host."""

Url = Annotated[str, AfterValidator(probeable_url)]
"""An http or https URL of one host."""

Name = Annotated[str, Field(min_length=1)]

Port = Annotated[int, Field(ge=1, le=MAX_PORT)]


class StaticTarget(Options):
    """A host or a URL to probe, with what is to be known of it."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["host"]}, {"required": ["url"]}]}
    )

    host: Host | None = None
    """A host name or an IP address; link-local ones with `%interface`."""
    url: Url | None = None
    """In place of a host, for probes that ask for a URL: host and port are in it."""
    name: Name | None = None
    """How it is called in series and messages; the host or URL if nothing else is said."""
    port: Port | None = None
    """For probes that need one."""
    zone: str = ""
    """Where it stands, for sums over zones."""
    labels: Labels = Field(default_factory=dict)
    """More labels for its series."""
    backends: list[Backend] = Field(default_factory=list)
    """For the probe `service_path`: `address:port` of each of those that do the work behind it."""

    @model_validator(mode="after")
    def _says_where_once(self) -> Self:
        if (self.host is None) is (self.url is None):
            found = "neither" if self.host is None else "both"
            raise ValueError(f"found {found} of host and url, expected exactly one of them")
        if self.url and self.port:
            raise ValueError("found a port beside a url, expected it in the url")
        return self

    def endpoint(self) -> Endpoint:
        """The same in the words of the rest of the program."""
        host, port = self.host or "", self.port or 0
        if self.url:
            _, host, port = parse_url(self.url)
        return Endpoint(
            name=self.name or self.url or host,
            host=host,
            port=port,
            zone=self.zone,
            labels=tuple(sorted(self.labels.items())),
            url=self.url or "",
            backends=tuple(map(parse_backend, self.backends)),
        )


def _from_text(value: object) -> object:
    if isinstance(value, str):
        return {"url" if looks_like_url(value) else "host": value}
    return value


TargetItem = Annotated[
    StaticTarget, BeforeValidator(_from_text, json_schema_input_type=str | StaticTarget)
]
"""An item of a list of targets: in full, or only its host or URL."""


def snapshot_of(targets: Iterable[StaticTarget]) -> Snapshot:
    """Return the endpoints of `targets`. Raises ValueError if two of them are the same one."""
    endpoints = tuple(target.endpoint() for target in targets)
    known: set[tuple[str, str, int]] = set()
    for endpoint in endpoints:
        identity = (endpoint.name, endpoint.host, endpoint.port)
        if identity in known:
            raise ValueError(f"found {_called(endpoint)} twice, expected different names or hosts")
        known.add(identity)
    return endpoints


def _called(endpoint: Endpoint) -> str:
    port = f" port {endpoint.port}" if endpoint.port else ""
    name = f"{described(endpoint.name)} with host " if endpoint.name != endpoint.host else ""
    return f"{name}{described(endpoint.host)}{port}"

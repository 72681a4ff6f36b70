"""One target as people write it in the configuration or in a file of targets."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from netwatch.model import Endpoint, Snapshot
from netwatch.options import Labels, Options
from netwatch.wire.document import described
from netwatch.wire.hostname import MAX_PORT, parse_address, parse_host


def probeable_host(text: str) -> str:
    """Return the host that `text` names. Raises ValueError, also for addresses of many hosts."""
    host = parse_host(text)
    address = parse_address(host)
    if address and (address.is_unspecified or address.is_multicast):
        raise ValueError(f"found {described(text)}, expected the address of one host")
    return host


Host = Annotated[str, AfterValidator(probeable_host)]
"""A host name, or the IP address of one host."""

Name = Annotated[str, Field(min_length=1)]

Port = Annotated[int, Field(ge=1, le=MAX_PORT)]


class StaticTarget(Options):
    """A host to probe, with what is to be known of it."""

    host: Host
    """A host name or an IP address; link-local ones with `%interface`."""
    name: Name | None = None
    """How it is called in series and messages; the host if nothing else is said."""
    port: Port | None = None
    """For probes that need one."""
    zone: str = ""
    """Where it stands, for sums over zones."""
    labels: Labels = Field(default_factory=dict)
    """More labels for its series."""

    def endpoint(self) -> Endpoint:
        """The same in the words of the rest of the program."""
        return Endpoint(
            name=self.name or self.host,
            host=self.host,
            port=self.port or 0,
            zone=self.zone,
            labels=tuple(sorted(self.labels.items())),
        )


def _from_host(value: object) -> object:
    return {"host": value} if isinstance(value, str) else value


TargetItem = Annotated[
    StaticTarget, BeforeValidator(_from_host, json_schema_input_type=str | StaticTarget)
]
"""An item of a list of targets: in full, or only its host."""


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

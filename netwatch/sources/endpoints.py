"""Whoever answers for a Service, one by one: the way around kube-proxy."""

from typing import Literal, Self

from pydantic import model_validator

from netwatch.endpoint import Source
from netwatch.options import Duration
from netwatch.source import SourceServices
from netwatch.sources.cluster import ClusterOptions, Family, Namespace, Protocol
from netwatch.sources.endpoint import Name, Port


class EndpointsOptions(ClusterOptions):
    """Which Service; all of its endpoints, ready or not."""

    namespace: Namespace
    """Where the Service is."""
    service: Name | None = None
    """Its name; this or `selector`."""
    selector: str = ""
    """A label selector for Services, such as `k8s-app=kube-dns`."""
    port: Port | Name | None = None
    """The name or number of a port of the endpoints; all of TCP if none is given."""
    protocol: Protocol | None = None
    """As for `services`."""
    family: Family = "both"
    """`ipv4` or `ipv6` alone; `any` is the same as `both`, as each endpoint has one address."""
    name: Literal["pod", "node"] = "pod"
    """What a target is called by; `node` makes it a node, for pods in the network of theirs."""
    own_node: Literal["include", "exclude"] = "include"
    """Whether endpoints on the node on which we run are targets."""
    grace: Duration = 120.0
    """One that came so short a time ago is not called down before it was up once. The API does not
    say when that was: those that are there when the agent starts have no grace."""

    @model_validator(mode="after")
    def _says_which_once(self) -> Self:
        if bool(self.service) is bool(self.selector):
            found = "both" if self.service else "neither"
            raise ValueError(f"found {found} of service and selector, expected one of them")
        return self

    def open(self, services: SourceServices) -> Source:
        """Make the source."""
        from netwatch.sources.kubernetes.endpoints import (  # noqa: PLC0415 - an extra
            open_endpoints,
        )

        return open_endpoints(self, services)

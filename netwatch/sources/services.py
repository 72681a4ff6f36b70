"""Services of the cluster: the way through kube-proxy, or what replaces it."""

from typing import Self

from pydantic import model_validator

from netwatch.endpoint import Source
from netwatch.source import SourceServices
from netwatch.sources.cluster import ClusterOptions, Family, Namespace, Protocol
from netwatch.sources.endpoint import Name, Port


class ServicesOptions(ClusterOptions):
    """Which Services, by their ClusterIP; where nothing is said, the API server and cluster DNS."""

    namespace: Namespace | None = None
    """Where they are; none, as all else: `kubernetes` in `default`, and in `kube-system` whatever
    has the label `k8s-app=kube-dns`, by its port 53."""
    name: Name | None = None
    """One Service by its name."""
    selector: str = ""
    """Or some by a label selector; all of the namespace if neither is given."""
    port: Port | Name | None = None
    """The name or number of a port; all of TCP if none is given."""
    protocol: Protocol | None = None
    """Or all of UDP, or of SCTP; beside `port` it says which of two with the same number."""
    family: Family = "both"
    """As for `nodes`."""
    backends: bool = False
    """Whether to know the endpoints behind them, too: for the probe `service_path`."""

    @model_validator(mode="after")
    def _says_where(self) -> Self:
        if self.namespace is None and (self.name or self.selector):
            raise ValueError("found no namespace, expected one with a name or selector")
        if self.name and self.selector:
            raise ValueError("found both of name and selector, expected at most one of them")
        return self

    def open(self, services: SourceServices) -> Source:
        """Make the source."""
        from netwatch.sources.kubernetes.services import open_services  # noqa: PLC0415 - an extra

        return open_services(self, services)

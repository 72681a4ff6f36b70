"""The sources there are: each one file with its options."""

from collections.abc import Mapping

from netwatch.source import SourceOptions
from netwatch.sources.endpoints import EndpointsOptions
from netwatch.sources.file import FileOptions
from netwatch.sources.local import LocalOptions
from netwatch.sources.nodes import NodesOptions
from netwatch.sources.pods import PodsOptions
from netwatch.sources.services import ServicesOptions
from netwatch.sources.static import StaticOptions

SOURCES: Mapping[str, type[SourceOptions]] = {
    "static": StaticOptions,
    "file": FileOptions,
    "local": LocalOptions,
    "nodes": NodesOptions,
    "endpoints": EndpointsOptions,
    "pods": PodsOptions,
    "services": ServicesOptions,
}

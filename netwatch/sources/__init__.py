"""The sources there are: each one file with its options."""

from collections.abc import Mapping
from typing import Protocol

from netwatch.model import Source
from netwatch.sources.file import FileOptions
from netwatch.sources.local import LocalOptions
from netwatch.sources.static import StaticOptions


class SourceOptions(Protocol):
    """A validated pydantic model that knows its source."""

    def open(self) -> Source:
        """Make the source; it does nothing before it runs."""
        ...


SOURCES: Mapping[str, type[SourceOptions]] = {
    "static": StaticOptions,
    "file": FileOptions,
    "local": LocalOptions,
}

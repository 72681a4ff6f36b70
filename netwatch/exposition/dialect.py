"""The two text formats that scrapers understand; they differ in words, not in numbers."""

from enum import Enum


class Dialect(Enum):
    """One format; the value is its content type.

    Sources: prometheus.io/docs/instrumenting/exposition_formats, and the OpenMetrics 1.0.0
    specification.
    """

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @property
    def content_type(self) -> str:
        """What the HTTP response says."""
        return self.value

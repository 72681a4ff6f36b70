"""What the tools that netwatch replaces told, by their names: each tool one file."""

from netwatch.options import Options


class CompatOptions(Options):
    """Whose series are shown beside ours."""

    ping_exporter: bool = False
    """Whether the series of the ping-exporter are shown, for its dashboards."""

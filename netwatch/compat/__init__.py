"""What the tools that netwatch replaces told, by their names: each tool one file or folder."""

from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.options import Options


class CompatOptions(Options):
    """Whose series are shown beside ours, and whose questions are answered."""

    ping_exporter: bool = False
    """Whether the series of the ping-exporter are shown, for its dashboards."""
    blackbox: BlackboxOptions | None = None
    """Whether `/probe` answers as that of blackbox_exporter; off if absent."""

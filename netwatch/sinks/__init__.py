"""Where results go: each sink one file."""

from netwatch.options import Options
from netwatch.sinks.textfile import TextfileItem


class SinksOptions(Options):
    """Where results go, beside `/metrics` and the log."""

    textfile: TextfileItem | None = None
    """The file for node-exporter's textfile collector; none by default."""

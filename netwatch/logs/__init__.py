"""The log of the agent: one form for all loggers, and it never stands in the way of probing."""

from netwatch.logs.formats import FORMATS
from netwatch.logs.handler import LogHandler
from netwatch.logs.setup import LEVELS, start_log

__all__ = ["FORMATS", "LEVELS", "LogHandler", "start_log"]

"""What the HTTP server logs: our own faults, and not what strangers send.

A malformed request is answered with 400, and is no news: aiohttp would write a traceback of it,
with the headers that it found, and so perhaps a password.
"""

import logging

from aiohttp import web
from aiohttp.http import HttpProcessingError


def server_log() -> logging.Logger:
    """Return the log of the HTTP server."""
    log = logging.getLogger("netwatch.web.server")
    log.addFilter(is_our_fault)
    return log


def is_our_fault(record: logging.LogRecord) -> bool:
    """Tell whether a record is about anything but a malformed request."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (HttpProcessingError, web.RequestPayloadError))

"""Making the log what all loggers of the process write to, those of libraries included."""

import logging
import os
import sys
from types import TracebackType

from netwatch.logs.formats import FORMATS
from netwatch.logs.handler import LogHandler
from netwatch.logs.output import Output
from netwatch.logs.repeats import Repeats

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

LOG = logging.getLogger("netwatch")


def start_log(descriptor: int | None, *, form: str, level: str) -> LogHandler:
    """Write what is of that level or above to the descriptor, or nowhere where that is None.

    Return what writes it, which wants to `run` while the program does. An error that nobody
    handles, and that ends the program, is a record as well.

    Libraries never say more than `info`: what they say to debug them has headers in it, and so
    secrets.
    """
    if descriptor is None:
        descriptor = os.open(os.devnull, os.O_WRONLY)
    handler = LogHandler(Output(descriptor), Repeats())
    handler.setFormatter(FORMATS[form]())
    number = LEVELS[level]
    logging.basicConfig(level=max(number, logging.INFO), handlers=[handler])
    logging.getLogger("netwatch").setLevel(number if number < logging.INFO else logging.NOTSET)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_unhandled
    return handler


def _log_unhandled(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    if issubclass(kind, Exception):
        LOG.error("ended by an error", exc_info=(kind, error, traceback))
    else:  # Ctrl-C
        sys.__excepthook__(kind, error, traceback)

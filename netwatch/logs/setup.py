"""Making the log what all loggers of the process write to, those of libraries included."""

import logging

from netwatch.logs.formats import FORMATS
from netwatch.logs.output import LogHandler, Output
from netwatch.logs.repeats import Repeats

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


def start_log(descriptor: int | None, *, form: str, level: str) -> None:
    """Write what is of that level or above to the descriptor, or nowhere where that is None.

    Libraries never say more than `info`: what they say to debug them has headers in it, and so
    secrets.
    """
    handler: logging.Handler = logging.NullHandler()
    if descriptor is not None:
        handler = LogHandler(Output(descriptor), Repeats())
    handler.setFormatter(FORMATS[form]())
    number = LEVELS[level]
    logging.basicConfig(level=max(number, logging.INFO), handlers=[handler])
    logging.getLogger("netwatch").setLevel(number if number < logging.INFO else logging.NOTSET)
    logging.captureWarnings(capture=True)

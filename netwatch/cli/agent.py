"""`netwatch agent`: measure and serve, until told to stop."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

from netwatch.agent import Agent
from netwatch.configfile import ConfigFile
from netwatch.logs import FORMATS, LEVELS, start_log
from netwatch.net.files import UnreadableFileError
from netwatch.net.ping.opening import ChannelError
from netwatch.net.udpserver import UdpListenError
from netwatch.validation import ConfigError
from netwatch.web.listeners import ListenError
from netwatch.wire.listen import ListenAddress, parse_listen

LOG = logging.getLogger("netwatch.agent")


def add_agent_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "agent",
        help="measure all the time, and serve /metrics",
        description="Measures what the configuration says and serves it on /metrics. Without "
        "--config it pings the default gateways and the name servers of this host; in a pod of "
        "Kubernetes it checks the cluster. SIGHUP reads the configuration again; a change of the "
        "file is noticed anyway.",
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="the configuration file")
    parser.add_argument(
        "--listen",
        metavar="ADDR:PORT",
        type=_listen_address,
        action="append",
        default=[],
        help="serve here, whatever the configuration says; may be repeated",
    )
    _add_log_arguments(parser)
    parser.set_defaults(run=run_agent)


def run_agent(args: argparse.Namespace) -> int:
    """Run until SIGTERM or Ctrl-C."""
    descriptor = _log_descriptor(args.log_output)
    is_terminal = descriptor is not None and os.isatty(descriptor)
    form = args.log_format or ("text" if is_terminal else "logfmt")
    log = start_log(descriptor, form=form, level=args.log_level)
    config_file = ConfigFile(args.config, os.environ)
    try:
        config = config_file.load()
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(Agent(config, config_file, args.listen, log).run())
    except ChannelError as error:
        return _refuse(error.detail, form)
    except (ConfigError, UnreadableFileError, ListenError, UdpListenError) as error:
        return _refuse(str(error), form)
    return 0


def _refuse(why: str, form: str) -> int:
    """Say why there is no start: plainly to a person, and in records to whoever reads those."""
    if form == "text":
        print(why, file=sys.stderr)
    else:
        for line in why.splitlines():
            LOG.error("%s", line)
    return 2


def _listen_address(text: str) -> ListenAddress:
    try:
        return parse_listen(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _add_log_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log-format",
        choices=FORMATS,
        help="what the log looks like (default: text on a terminal, logfmt elsewhere)",
    )
    parser.add_argument(
        "--log-level",
        choices=LEVELS,
        default="info",
        help="the least that is worth a line (default: info)",
    )
    parser.add_argument(
        "--log-output",
        choices=("stderr", "stdout"),
        default="stderr",
        help="where the log goes (default: stderr)",
    )


def _log_descriptor(name: str) -> int | None:
    """Return the descriptor; one that was closed at the start may be anything by now."""
    number, stream = {"stdout": (1, sys.stdout), "stderr": (2, sys.stderr)}[name]
    return None if stream is None else number


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Use uvloop where the extra `speed` brought it."""
    try:
        import uvloop  # noqa: PLC0415  # optional
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory

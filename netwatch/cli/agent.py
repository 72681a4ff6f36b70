"""`netwatch agent`: measure and serve, until told to stop."""

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from netwatch.agent import Agent
from netwatch.configfile import ConfigFile
from netwatch.net.files import UnreadableFileError
from netwatch.net.ping.opening import ChannelError
from netwatch.net.udpserver import UdpListenError
from netwatch.validation import ConfigError
from netwatch.web.listeners import ListenError
from netwatch.wire.listen import ListenAddress, parse_listen


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
    parser.set_defaults(run=run_agent)


def run_agent(args: argparse.Namespace) -> int:
    """Run until SIGTERM or Ctrl-C."""
    _log_to_stderr()
    config_file = ConfigFile(args.config, os.environ)
    try:
        config = config_file.load()
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(Agent(config, config_file, args.listen).run())
    except ChannelError as error:
        print(error.detail, file=sys.stderr)
        return 2
    except (ConfigError, UnreadableFileError, ListenError, UdpListenError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _listen_address(text: str) -> ListenAddress:
    try:
        return parse_listen(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _log_to_stderr() -> None:
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
        stream=sys.stderr,
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Use uvloop where the extra `speed` brought it."""
    try:
        import uvloop  # noqa: PLC0415  # optional
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory

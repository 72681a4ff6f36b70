"""`netwatch udp-echo`: answer `udp` probes, and do nothing else, until told to stop."""

import argparse
import asyncio
import sys
from collections.abc import Callable

from netwatch.exposition.table import Table
from netwatch.net.udpecho import UDP_ECHO_FAMILIES, UdpEcho, UdpEchoOptions
from netwatch.net.udpserver import UdpListenError
from netwatch.probes.udp import UDP_ECHO_PORT
from netwatch.wire.listen import parse_listen
from netwatch.wire.network import parse_network


def add_udp_echo_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "udp-echo",
        help="answer the udp probes of another host",
        description="Answers the udp probes of another host where no agent does: those of this "
        "host and of the networks that are allowed.",
    )
    parser.add_argument(
        "--listen",
        metavar="ADDR:PORT",
        type=_read_by(parse_listen),
        action="append",
        help=f"answer here; may be repeated (default :{UDP_ECHO_PORT})",
    )
    parser.add_argument(
        "--allow",
        metavar="NETWORK",
        type=_read_by(parse_network),
        action="append",
        default=[],
        help="answer addresses of this network, such as 10.0.0.0/8; may be repeated",
    )
    parser.set_defaults(run=run_udp_echo)


def run_udp_echo(args: argparse.Namespace) -> int:
    """Answer until Ctrl-C."""
    listen = args.listen or [f":{UDP_ECHO_PORT}"]
    options = UdpEchoOptions.model_validate({"listen": listen, "allow": args.allow})
    try:
        asyncio.run(_answer(options))
    except UdpListenError as error:
        print(error, file=sys.stderr)
    return 2


async def _answer(options: UdpEchoOptions) -> None:
    with UdpEcho(lambda _: False, Table(UDP_ECHO_FAMILIES)) as echo:
        echo.configure(options)
        for address in echo.addresses:
            print(f"answering on UDP {address}", flush=True)
        await asyncio.Event().wait()


def _read_by(parse: Callable[[str], object]) -> Callable[[str], str]:
    """Return a type for argparse: the text, where it can be read."""

    def readable(text: str) -> str:
        try:
            parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
        return text

    return readable

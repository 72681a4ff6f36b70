"""`netwatch probe dns NAME @SERVER -t TYPE`: asks name servers once, as dig would."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from functools import partial

from netwatch.cli.flags import Flag, flags_of
from netwatch.cli.once import SourceFailedError, first_snapshot
from netwatch.cli.probe_attempts import run_probe_attempts
from netwatch.cli.run import add_run_arguments, add_verbose_argument
from netwatch.cli.targets import add_family_arguments
from netwatch.probes.dns import DnsOptions
from netwatch.sources.local import LocalOptions, LocalSource

QUERY, KIND, TRANSPORT = "--query", "--query-type", "--transport"
"""Flags of the probe that have a form of their own here."""


def add_probe_dns_parser(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "probe dns",
        help="ask name servers one question",
        description="Asks each server the same question once, and shows what it says, how long "
        "that took, and whether it is as expected.",
    )
    parser.add_argument("name", metavar="NAME", help="the full name to ask for")
    parser.add_argument(
        "servers",
        metavar="@SERVER",
        nargs="*",
        help="host name or IP address, perhaps with a port (default: those of resolv.conf)",
    )
    parser.add_argument("-t", "--type", dest=KIND, metavar="TYPE", help="A, AAAA, SRV, SOA …")
    transport = parser.add_mutually_exclusive_group()
    for name in ("tcp", "tls"):
        words = f"ask by {name.upper()}"
        transport.add_argument(
            f"--{name}", dest=TRANSPORT, action="store_const", const=name, help=words
        )
    flags = flags_of(DnsOptions)
    for flag in flags:
        if flag.name not in (QUERY, KIND, TRANSPORT):
            flag.add_to(parser, ("-i",) if flag.name == "--interval" else ())
    add_family_arguments(parser)
    add_run_arguments(parser)
    add_verbose_argument(parser)
    parser.set_defaults(run=partial(run_probe_dns, flags=flags))


def run_probe_dns(args: argparse.Namespace, *, flags: Sequence[Flag]) -> int:
    """Ask; exit 0 all answers are as expected, 1 not all, 2 usage or own trouble."""
    try:
        args.targets = [_server(word) for word in args.servers] or _servers_of_this_host()
    except (ValueError, SourceFailedError) as error:
        print(f"netwatch probe dns: {error}", file=sys.stderr)
        return 2
    setattr(args, QUERY, args.name)
    return run_probe_attempts(args, kind="dns", options=DnsOptions, flags=flags)


def _server(word: str) -> str:
    if not word.startswith("@"):
        raise ValueError(f"found {word!r} after the name, expected @SERVER")
    return word[1:]


def _servers_of_this_host() -> list[str]:
    snapshot = asyncio.run(first_snapshot(LocalSource(LocalOptions(resolvers=True))))
    if not snapshot:
        raise ValueError("found no name server in resolv.conf, expected @SERVER")
    return [endpoint.host for endpoint in snapshot]

"""`netwatch probe icmp`: ping many targets at once, with the engine of the agent."""

import argparse
import asyncio
import sys

from netwatch.cli.flags import validated
from netwatch.cli.once import Assignment, resolved
from netwatch.cli.run import add_run_arguments, run_once
from netwatch.cli.targets import add_family_arguments, check_family
from netwatch.endpoint import Endpoint
from netwatch.model import Check, Target
from netwatch.probes.icmp import IcmpOptions
from netwatch.resolution import ResolveOptions
from netwatch.sources.endpoint import probeable_host

INTERVAL = "200ms"

_FLAGS = {
    "interval": (
        "-i",
        "--interval",
        "DURATION",
        f"between packets to a target (default {INTERVAL})",
    ),
    "timeout": ("-t", "--timeout", "DURATION", "a reply later than this is late (default 1s)"),
    "size": ("-s", "--size", "BYTES", "payload without headers (default 56)"),
    "ttl": ("--ttl", "--ttl", "N", "time to live, or hop limit (default 64)"),
    "dscp": ("--dscp", "--dscp", "N", "differentiated services code point (default 0)"),
    "source_address": ("--source", "--source", "ADDRESS", "send from this address of this host"),
    "interface": ("--interface", "--interface", "NAME", "send through this interface"),
    "expect": (
        "--expect",
        "--expect",
        "success|fail",
        "fail: it is well when no answer comes (default success)",
    ),
}
_NUMBERS = {"size", "ttl", "dscp"}


def add_probe_icmp_parser(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "probe icmp",
        help="ping targets, many at once",
        description="Pings all targets at once and says of each how much was lost, why, and how "
        "long the answers took.",
    )
    parser.add_argument("targets", metavar="TARGET", nargs="+", help="host name or IP address")
    add_icmp_arguments(parser)
    add_family_arguments(parser)
    add_run_arguments(parser)
    parser.set_defaults(run=run_probe_icmp)


def add_icmp_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the options of pings."""
    for key, (short, long, metavar, words) in _FLAGS.items():
        kind = int if key in _NUMBERS else str
        flags = dict.fromkeys((short, long))
        parser.add_argument(*flags, dest=key, metavar=metavar, type=kind, help=words)
    parser.add_argument("--df", dest="dont_fragment", action="store_true", help="do not fragment")
    parser.set_defaults(interval=INTERVAL, verbose=False)


def run_probe_icmp(args: argparse.Namespace) -> int:
    """Ping; exit 0 all answer, 1 not all, 2 usage or own trouble."""
    try:
        options = icmp_options(args)
        endpoints = [_endpoint(text, args.family) for text in args.targets]
    except ValueError as error:
        print(f"netwatch probe icmp: {error}", file=sys.stderr)
        return 2
    found = asyncio.run(resolved(endpoints, ResolveOptions(family=args.family)))
    check = Check(
        name="icmp",
        probe="icmp",
        interval=options.interval,
        timeout=options.timeout,
        expects_loss=options.expects_loss,
    )
    return run_once(
        [Assignment(Target(check, endpoint), options) for endpoint in found], args, by_check=False
    )


def icmp_options(args: argparse.Namespace) -> IcmpOptions:
    """Return the options of pings that the flags say. Raises ValueError that names the flags."""
    given = {key: getattr(args, key) for key in _FLAGS if getattr(args, key) is not None}
    given["dont_fragment"] = args.dont_fragment
    return validated(IcmpOptions, given, {key: flags[1] for key, flags in _FLAGS.items()})


def _endpoint(text: str, family: str) -> Endpoint:
    """Return the target. Raises ValueError for what is none, or an address of the other family."""
    host = probeable_host(text)
    check_family(text, host, family)
    return Endpoint(name=text, host=host)

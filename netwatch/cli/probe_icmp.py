"""`netwatch probe icmp`: ping many targets at once, with the engine of the agent."""

import argparse
import asyncio
import sys

from pydantic import ValidationError

from netwatch.cli.once import Assignment, resolved
from netwatch.cli.run import add_run_arguments, run_once
from netwatch.model import Check, Endpoint, Target
from netwatch.probes.icmp import IcmpOptions
from netwatch.resolution import ResolveOptions
from netwatch.sources.endpoint import probeable_host
from netwatch.validation import explain
from netwatch.wire.document import Document, Mark
from netwatch.wire.hostname import parse_address

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
    for key, (short, long, metavar, words) in _FLAGS.items():
        kind = int if key in _NUMBERS else str
        flags = dict.fromkeys((short, long))
        parser.add_argument(*flags, dest=key, metavar=metavar, type=kind, help=words)
    parser.add_argument("--df", dest="dont_fragment", action="store_true", help="do not fragment")
    family = parser.add_mutually_exclusive_group()
    family.add_argument("-4", dest="family", action="store_const", const="ipv4", help="IPv4 only")
    family.add_argument("-6", dest="family", action="store_const", const="ipv6", help="IPv6 only")
    add_run_arguments(parser)
    parser.set_defaults(run=run_probe_icmp, interval=INTERVAL, family="any")


def run_probe_icmp(args: argparse.Namespace) -> int:
    """Ping; exit 0 all answer, 1 not all, 2 usage or own trouble."""
    try:
        options = _options(args)
        endpoints = [_endpoint(text, args.family) for text in args.targets]
    except ValueError as error:
        print(f"netwatch probe icmp: {error}", file=sys.stderr)
        return 2
    found = asyncio.run(resolved(endpoints, ResolveOptions(family=args.family)))
    check = Check(name="icmp", probe="icmp", interval=options.interval, timeout=options.timeout)
    return run_once(
        [Assignment(Target(check, endpoint), options) for endpoint in found], args, by_check=False
    )


def _options(args: argparse.Namespace) -> IcmpOptions:
    """Return the options that the flags say. Raises ValueError that names the flags."""
    given = {key: getattr(args, key) for key in _FLAGS if getattr(args, key) is not None}
    given["dont_fragment"] = args.dont_fragment
    try:
        return IcmpOptions.model_validate(given)
    except ValidationError as error:
        document = Document(given, {}, {(): Mark(1, 1)})
        problems = explain(error, document, IcmpOptions.model_json_schema())
        raise ValueError(
            "; ".join(
                f"{_FLAGS[str(problem.path[0])][1]}: {problem.message}" for problem in problems
            )
        ) from None


def _endpoint(text: str, family: str) -> Endpoint:
    """Return the target. Raises ValueError for what is none, or an address of the other family."""
    host = probeable_host(text)
    address = parse_address(host)
    if address and family not in ("any", f"ipv{address.version}"):
        flag = {"ipv4": "-4", "ipv6": "-6"}[family]
        raise ValueError(f"found {text!r}, expected an address or a name that goes with {flag}")
    return Endpoint(name=text, host=host)

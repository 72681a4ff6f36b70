"""What all one-shot commands have in common: their options, their output, their exit codes."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from netwatch.cli.once import Assignment, probe
from netwatch.cli.output import FORMATS, Output, default_format
from netwatch.cli.trace import Trace
from netwatch.net.ping.opening import ChannelError
from netwatch.sinks.summary import exit_code

EXIT_CODES = "Exit code: 0 all is well, 1 something is not, 2 usage, configuration or own trouble."


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the options."""
    parser.epilog = EXIT_CODES
    parser.add_argument(
        "-c",
        "--count",
        metavar="N",
        type=_count,
        help="packets to each target, or attempts at it, 0 for no end but Ctrl-C "
        "(default 5 packets, 1 attempt)",
    )
    parser.add_argument(
        "-o",
        "--output",
        choices=FORMATS,
        default=default_format(),
        help="what to print (default: table on a terminal, json on a pipe)",
    )


def add_verbose_argument(parser: argparse.ArgumentParser) -> None:
    """Register it; pings have no steps that could be shown."""
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="write each step of each attempt to standard error, with its time",
    )


def run_once(
    assignments: Sequence[Assignment],
    args: argparse.Namespace,
    *,
    by_check: bool,
    complaints: Sequence[str] = (),
) -> int:
    """Probe, print, and return the exit code; `complaints` are of checks that cannot run."""
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    probes = {one.target.check.probe: type(one.options) for one in assignments}
    trace = Trace(sys.stderr if args.verbose else None)
    output = Output(
        args.output, probes, by_check=by_check, complaints=complaints, is_alone=not args.verbose
    )
    sinks = [trace, *output.sinks]
    try:
        with output:
            asyncio.run(probe(assignments, args.count, sinks, output.show, watch=trace.watch))
    except ChannelError as error:
        print(error.detail, file=sys.stderr)
        return 2
    output.finish()
    return 2 if complaints else exit_code(output.summaries)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 0 up")
    return int(text)

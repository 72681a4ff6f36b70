"""`netwatch probe http` and its like: attempts at targets that no configuration names."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from netwatch.cli.flags import Flag, flags_of, said_in, validated
from netwatch.cli.once import Assignment, resolved
from netwatch.cli.run import add_run_arguments, add_verbose_argument, run_once
from netwatch.cli.targets import add_family_arguments, endpoint_of
from netwatch.model import Check, Target
from netwatch.probe import AttemptOptions
from netwatch.resolution import ResolveOptions

INTERVAL_SECONDS = 1.0
"""Shorter than a check's own: somebody waits for the answers."""

SENSELESS = {"--histogram"}
"""Options that say nothing to a one-shot run."""
HELP = {"--interval": "Time between two attempts at a target. (default 1s)"}
SHORT = {"--interval": ("-i",), "--timeout": ("-t",)}


def add_probe_attempts_parser(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
    kind: str,
    options: type[AttemptOptions],
) -> None:
    """Register the command of one kind of probe; its flags are the probe's options."""
    words = (options.__doc__ or "").strip()
    first = words.splitlines()[0].rstrip(".")
    parser = subparsers.add_parser(
        f"probe {kind}", help=f"{first[0].lower()}{first[1:]}", description=words
    )
    form = "URL" if "url" in options.needs else "HOST:PORT" if "port" in options.needs else "HOST"
    usual = options.usual_target
    words = f"whom to probe, all at once{usual and f' (default {usual})'}"
    nargs = "*" if usual else "+"
    parser.add_argument("targets", metavar=form, nargs=nargs, help=words)
    flags = [flag for flag in flags_of(options) if flag.name not in SENSELESS]
    for flag in flags:
        words = HELP.get(flag.name, flag.help)
        replace(flag, help=words).add_to(parser, SHORT.get(flag.name, ()))
    add_family_arguments(parser)
    add_run_arguments(parser)
    add_verbose_argument(parser)
    parser.set_defaults(run=partial(run_probe_attempts, kind=kind, options=options, flags=flags))


def run_probe_attempts(
    args: argparse.Namespace, *, kind: str, options: type[AttemptOptions], flags: Sequence[Flag]
) -> int:
    """Probe; exit 0 all is well, 1 something is not, 2 usage or own trouble."""
    try:
        said = said_in(args, flags)
        chosen = validated(options, said)
        endpoints = [
            endpoint_of(text, args.family, options)
            for text in args.targets or [options.usual_target]
        ]
    except ValueError as error:
        print(f"netwatch probe {kind}: {error}", file=sys.stderr)
        return 2
    is_one_for_people = args.output == "table" and args.count in (None, 1)
    args.verbose |= options.trace_is_the_answer and is_one_for_people
    if "interval" not in said:
        hurried = min(chosen.interval, INTERVAL_SECONDS)
        chosen = chosen.model_copy(update={"interval": hurried})
    resolve = ResolveOptions(family=args.family) if options.needs_address else None
    found = asyncio.run(resolved(endpoints, resolve))
    check = Check(name=kind, probe=kind, interval=chosen.interval, timeout=chosen.timeout)
    assignments = [Assignment(Target(check, endpoint), chosen) for endpoint in found]
    return run_once(assignments, args, by_check=False)

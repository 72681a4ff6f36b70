"""`netwatch`: the one entry point; each command is a file beside this one."""

import argparse
import errno
import os
import sys
from collections.abc import Mapping, Sequence

from netwatch import __version__
from netwatch.cli.agent import add_agent_parser
from netwatch.probe import ProbeOptions
from netwatch.probes import PROBES

Probes = Mapping[str, type[ProbeOptions]]


def main(arguments: Sequence[str] | None = None, probes: Probes = PROBES) -> int:
    """Run a command; return its exit code: 0 well, 1 something is not, 2 usage or own trouble."""
    args = parse(sys.argv[1:] if arguments is None else arguments, probes)
    code = 2
    try:
        code = args.run(args)
        if sys.stdout is not None:
            sys.stdout.flush()
    except* KeyboardInterrupt:
        code = 130
    except* BrokenPipeError:
        _forget_what_is_buffered()
        code = 0
    except* OSError as errors:
        if errors.subgroup(_is_not_of_a_full_disk):
            raise
        _forget_what_is_buffered()
        print("cannot write what was found: no space left on device", file=sys.stderr)
    return code


def _is_not_of_a_full_disk(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno != errno.ENOSPC


def _forget_what_is_buffered() -> None:
    """Python would try to write it at its end, and complain once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parse(arguments: Sequence[str], probes: Probes = PROBES) -> argparse.Namespace:
    """Return what the arguments say; `run` is the command. Exits with 2 where they are wrong."""
    parser = argparse.ArgumentParser(
        prog="netwatch",
        description="Says whether the network works, how well, and who is at fault when not.",
    )
    parser.add_argument("--version", action="version", version=f"netwatch {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_agent_parser(commands)
    if list(arguments[:1]) != ["agent"]:
        from netwatch.cli.others import add_other_parsers  # noqa: PLC0415 - 2 MiB an agent may save

        add_other_parsers(commands, probes)
    return parser.parse_args(_joined(arguments, probes))


def _says_config(word: str) -> bool:
    return word.startswith("--con")  # argparse takes the beginning of a flag for all of it


def _joined(arguments: Sequence[str], probes: Probes) -> list[str]:
    """Make `probe icmp` one command, beside `probe CHECK`: a kind of probe wins over a check.

    `kube-proxy` is `kube_proxy`, too. `nodes` asks the cluster, but a configuration where one is
    given: the check of that name may well ask something else.
    """
    match list(arguments):
        case ["probe", "nodes", *rest] if not any(map(_says_config, rest)):
            return ["probe nodes", *rest]
        case ["probe", kind, *rest] if kind.replace("-", "_") in probes:
            return [f"probe {kind.replace('-', '_')}", *rest]
        case words:
            return words

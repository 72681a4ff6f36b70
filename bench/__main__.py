"""`scripts/bench`: measures netwatch beside its peers, and prints tables."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import attempts, blackholes, cluster, cpu, loss, memory, pod, render, rtt
from bench.contenders import CONTENDERS
from bench.lab import ROUNDS, Lab
from bench.machine import described
from bench.table import Table, placed
from tests.rig.rig import why_there_is_no_rig

DOCUMENT = Path("docs/performance.md")

MEASUREMENTS: dict[str, Callable[[Lab], list[Table]]] = {
    "cpu": cpu.measure,
    "rtt": rtt.measure,
    "loss": loss.measure,
    "blackholes": blackholes.measure,
    "memory": memory.measure,
    "render": render.measure,
    "cluster": cluster.measure,
    "pod": pod.measure,
    "attempts": attempts.measure,
}
WITHOUT_A_RIG = {"render", "attempts", "cluster"}


def main() -> int:
    """Measure; return 2 where that is not possible here."""
    args = _parse()
    names: list[str] = args.parts or list(MEASUREMENTS)
    reason = why_there_is_no_rig()
    if reason and not WITHOUT_A_RIG.issuperset(names):
        others = " ".join(sorted(WITHOUT_A_RIG))
        print(f"{reason}; without that there is only: scripts/bench {others}", file=sys.stderr)
        return 2
    _say_who_is_left_out()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder), quick=args.quick, rounds=args.rounds)
        for name in names:
            _measure(name, lab, write=args.write)
    return 0


def _measure(name: str, lab: Lab, *, write: bool) -> None:
    print(f"## {name}\n", flush=True)
    tables = MEASUREMENTS[name](lab)
    content = "\n\n".join(map(str, [*tables, described()]))
    print(f"{content}\n", flush=True)
    if write:
        DOCUMENT.write_text(placed(DOCUMENT.read_text(), name, content))


def _say_who_is_left_out() -> None:
    for contender in CONTENDERS:
        if not contender.is_there():
            print(f"{contender.name} is not installed, and left out", file=sys.stderr)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures netwatch beside fping, smokeping_prober and blackbox_exporter, as "
        "far as they are installed, on a network whose truth is known. Needs root, a C compiler, "
        "iproute2, nftables, util-linux and /dev/net/tun, and a machine that does nothing else: "
        "all of it takes about half an hour.",
    )
    parser.add_argument(
        "parts", metavar="PART", nargs="*", help=f"{', '.join(MEASUREMENTS)}; all if none"
    )
    parser.add_argument(
        "--rounds",
        metavar="N",
        type=int,
        default=ROUNDS,
        help="how often to measure the same, where figures are medians (default %(default)s)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quick", action="store_true", help="small and short, only to try it")
    how.add_argument("--write", action="store_true", help=f"write the tables into {DOCUMENT}")
    args = parser.parse_args()
    if unknown := [part for part in args.parts if part not in MEASUREMENTS]:
        parser.error(f"found {unknown[0]!r}, expected one of {', '.join(MEASUREMENTS)}")
    return args


if __name__ == "__main__":
    sys.exit(main())

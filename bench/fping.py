"""fping: how it is asked to ping once a second, and what it prints of each answer."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.accuracy import Measured

_MOST_AT_A_MILLISECOND = 900

# [1792066412.81406] 10.129.0.1 : [0], 64 bytes, 0.545 ms (0.545 avg, 0% loss)
_ANSWER = re.compile(r"\[(\d+\.\d+)\] (\S+) +: \[\d+\], \d+ bytes, ([\d.]+) ms \(.*")


def command(folder: Path, targets: Sequence[str], *, quiet: bool = True) -> tuple[str, ...]:
    """Return what pings all targets once a second; it writes its list of them into `folder`.

    Unless it is quiet it prints a line with a time for each answer. It counts, because with `-l`
    5.1 keeps its output back. `-i` is how long it waits between two requests: 1 ms as in its
    manual, less where a second has no room for that.
    """
    file = folder / "fping.targets"
    file.write_text("".join(f"{target}\n" for target in targets))
    pause = "1" if len(targets) <= _MOST_AT_A_MILLISECOND else "0.1"
    words = ("-q",) if quiet else ("-D",)
    return ("fping", *words, "-c", "3600", "-p", "1000", "-i", pause, "-f", str(file))


def answers(lines: Sequence[str]) -> Iterator[Measured]:
    """Yield what it measured; three digits of a millisecond are all that it tells.

    Lines of other things (a lost request, the sum of it all) and a last, incomplete one are left
    out.
    """
    for line in lines:
        if found := _ANSWER.fullmatch(line):
            rtt = float(found[3]) / 1000
            yield Measured(found[2], float(found[1]) - rtt, rtt)

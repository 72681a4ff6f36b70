"""The sessions of the README, and how they are written into it anew."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

README = Path(__file__).parent.parent.parent / "README.md"

_SESSION = re.compile(r"(?<=```console\n)(\$ sudo scripts/run(.*)\n)((?:[^$`].*\n)+)")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\d+\.\d+ms")

Run = Callable[[list[str]], str]


def sessions(text: str) -> dict[str, str]:
    """Return what follows each command, by its arguments."""
    return {arguments.strip(): output for _, arguments, output in _SESSION.findall(text)}


def rewritten(text: str, run: Run) -> str:
    """Return the text with what the commands say now."""
    return _SESSION.sub(lambda session: session[1] + run(shlex.split(session[2])), text)


def without_times(output: str) -> list[str]:
    """Return the lines that must be the same each time; the order of some is that of replies."""
    lines = _TIME.sub("TIME", output).splitlines()
    return sorted(" ".join(line.split()) for line in lines)

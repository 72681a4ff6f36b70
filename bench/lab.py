"""Where measurements are made: networks whose truth is known, and how much time there is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeVar

from tests.rig.rig import Rig, build_responder

T = TypeVar("T")

ALL_TARGETS = "10.128.0.0/9"
ROUNDS = 3
"""Enough to see whether one of them was disturbed."""
IDLE, BUSY = "idle", "two busy loops"
"""What else the machine does meanwhile."""


class Lab:
    """Makes rigs, and knows whether this is in earnest."""

    def __init__(self, folder: Path, *, quick: bool, rounds: int = ROUNDS) -> None:
        """`folder` is for the files of what is measured; `quick` is for trying, in one round."""
        self.folder = folder
        self.rounds = 1 if quick else rounds
        self._quick = quick

    @cached_property
    def _responder(self) -> Path:
        return build_responder(self.folder)

    def rig(self, *rules: str) -> Rig:
        """Return a network of its own, to be entered; see tests/rig/README.md for the rules."""
        return Rig(self._responder, *rules)

    def choose(self, full: T, quick: T) -> T:
        """Return the first in earnest, the second where it is to be quick."""
        return quick if self._quick else full


def addresses(count: int, first: str = "10.129.0.1") -> list[str]:
    """Return so many addresses on a rig, beginning with `first`."""
    start = IPv4Address(first)
    return [str(start + number) for number in range(count)]


@contextmanager
def under(load: str) -> Iterator[None]:
    """Keep the machine as busy as `load` says, for the block."""
    with ExitStack() as stack:
        for _ in range(2 if load == BUSY else 0):
            loop = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(loop.kill)
        yield

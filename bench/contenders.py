"""Who is compared: how each program is made to ping targets once a second."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import agent, fping
from netwatch import __version__
from tests.namespaces import Namespace

SMOKEPING = "prometheus-smokeping-prober"
BLACKBOX = "prometheus-blackbox-exporter"
BLACKBOX_PORT = "9115"

Command = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A program, and how it is run for so many targets.

    `asker` is who must ask it for every ping; it is not counted. `most_targets` is how many it
    takes. `prepare` changes the namespace for it.
    """

    name: str
    is_there: Callable[[], bool]
    command: Callable[[Path, Sequence[str]], Command]
    asker: Callable[[Path, Sequence[str]], Command] | None = None
    most_targets: int = 1_000_000
    warm_up_seconds: float = 5.0
    prepare: Callable[[Namespace], None] = lambda _: None


def installed(program: str) -> Callable[[], bool]:
    return lambda: shutil.which(program) is not None


def _netwatch(folder: Path, targets: Sequence[str]) -> Command:
    return agent.command(folder, targets, "--asyncio")


def _smokeping(protocol: str) -> Callable[[Path, Sequence[str]], Command]:
    def command(folder: Path, targets: Sequence[str]) -> Command:
        group = {"hosts": list(targets), "interval": "1s", "network": "ip4", "protocol": protocol}
        config = folder / "smokeping.yml"
        config.write_text(json.dumps({"targets": [group]}))
        return (SMOKEPING, f"--config.file={config}", "--log.level=error")

    return command


def _blackbox(folder: Path, _: Sequence[str]) -> Command:
    config = folder / "blackbox.yml"
    config.write_text(json.dumps({"modules": {"icmp": {"prober": "icmp", "timeout": "1s"}}}))
    return (BLACKBOX, f"--config.file={config}", "--log.level=error")


def _scraper(folder: Path, targets: Sequence[str]) -> Command:
    file = folder / "scraper.targets"
    file.write_text("\n".join(targets))
    return (sys.executable, "-m", "bench.scraper", BLACKBOX_PORT, "icmp", str(file))


def _let_all_ping(namespace: Namespace) -> None:
    namespace.sysctl("net.ipv4.ping_group_range", "0 2147483647")


OURS = Contender(
    name="netwatch",
    is_there=lambda: True,
    command=_netwatch,
    warm_up_seconds=agent.STEADY_SECONDS,
)
"""As `pip install netwatch` has it: without uvloop."""

CONTENDERS = (
    OURS,
    Contender(name="fping", is_there=installed("fping"), command=fping.command),
    Contender(
        name="smokeping_prober, udp",
        is_there=installed(SMOKEPING),
        command=_smokeping("udp"),
        prepare=_let_all_ping,
    ),
    # From 1,000 on it loses packets by itself, and with 5,000 it does not start.
    Contender(
        name="smokeping_prober, raw",
        is_there=installed(SMOKEPING),
        command=_smokeping("icmp"),
        most_targets=1000,
    ),
    Contender(
        name="blackbox_exporter",
        is_there=installed(BLACKBOX),
        command=_blackbox,
        asker=_scraper,
        most_targets=1000,
    ),
)


def versions() -> str:
    """Return what is compared, of which version each, and what is left out."""
    programs = ("fping", SMOKEPING, BLACKBOX)
    return ", ".join([f"netwatch {__version__}", *map(_version, programs)])


def _version(program: str) -> str:
    name = program.removeprefix("prometheus-").replace("-", "_")
    if shutil.which(program) is None:
        return f"no {name} (not installed)"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return f"{name} {version_in(done.stdout + done.stderr)}"


def version_in(output: str) -> str:
    """Return the version in what a program prints of itself."""
    found = re.search(r"\bversion (\d[\w.-]*)", output, re.IGNORECASE)
    return found[1] if found else "of unknown version"

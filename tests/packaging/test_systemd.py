"""The unit for systemd does what its lines say: the command is one, and rights are few."""

import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from netwatch.cli.main import parse
from netwatch.config import load

FOLDER = Path(__file__).parent.parent.parent / "packaging" / "systemd"
UNIT = FOLDER / "netwatch.service"
MOST_EXPOSURE = 20
"""By the count of systemd-analyze(1), where 100 is a service that is not confined at all."""


def settings() -> dict[str, list[str]]:
    """Return the values of each setting, in order."""
    found = defaultdict(list)
    for line in UNIT.read_text().splitlines():
        name, is_setting, value = line.partition("=")
        if is_setting and not line.startswith("#"):
            found[name].append(value)
    return found


def systemd_analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("the program systemd-analyze is not installed")
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False)


def test_what_it_starts_is_a_command_of_netwatch() -> None:
    [line] = settings()["ExecStart"]
    program, *arguments = shlex.split(line)
    assert Path(program).name == "netwatch"
    args = parse(arguments)
    assert callable(args.run)
    assert args.config == Path("/etc/netwatch/netwatch.yaml")


def test_the_example_of_a_configuration_loads() -> None:
    config = load((FOLDER / "netwatch.yaml").read_text(), "netwatch.yaml", {})
    assert {"local", "uplink", "resolvers"} == set(config.checks)


def test_systemd_finds_no_fault_with_it(tmp_path: Path) -> None:
    """But that the program is not where it will be installed: here it is this Python."""
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text()))
    done = systemd_analyze("verify", "--man=no", str(copy))
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_it_is_confined() -> None:
    done = systemd_analyze(
        "security", "--offline=yes", f"--threshold={MOST_EXPOSURE}", "--no-pager", str(UNIT)
    )
    assert done.returncode == 0, done.stdout


def test_of_all_capabilities_it_has_raw_sockets_alone() -> None:
    found = settings()
    assert found["AmbientCapabilities"] == found["CapabilityBoundingSet"] == ["CAP_NET_RAW"]
    assert found["DynamicUser"] == ["yes"]
    assert found["ProtectSystem"] == ["strict"]
    assert found["NoNewPrivileges"] == ["yes"]


def test_it_starts_again_unless_its_configuration_is_wrong() -> None:
    found = settings()
    assert found["Restart"] == ["always"]
    assert found["RestartPreventExitStatus"] == ["2"]

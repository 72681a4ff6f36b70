"""What goes to PyPI installs into an empty environment, and works there."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from netwatch import __version__
from netwatch.defaults import DEFAULT_CONFIG

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the wheel and the source distribution, by suffix."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    return {path.suffix: path for path in folder.iterdir()}


@pytest.mark.timeout(300)  # it installs all dependencies
@pytest.mark.parametrize("suffix", [".whl", ".gz"])
def test_a_package_installs_into_an_empty_environment(
    suffix: str, packages: dict[str, Path], tmp_path: Path
) -> None:
    venv.create(tmp_path, with_pip=True)
    pip = [f"{tmp_path}/bin/python", "-m", "pip", "--disable-pip-version-check"]
    installed = subprocess.run(
        [*pip, "install", "--quiet", str(packages[suffix])],
        capture_output=True,
        text=True,
        check=False,
    )
    assert installed.returncode == 0, installed.stderr
    subprocess.run([*pip, "check"], check=True)

    def say(*arguments: str) -> str:
        command = [f"{tmp_path}/bin/netwatch", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert say("--version") == f"netwatch {__version__}\n"
    assert say("config", "default") == DEFAULT_CONFIG


def test_a_wheel_holds_netwatch_and_nothing_else(packages: dict[str, Path]) -> None:
    with zipfile.ZipFile(packages[".whl"]) as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {"netwatch", f"netwatch_agent-{__version__}.dist-info"}


def test_a_source_distribution_can_test_itself(packages: dict[str, Path]) -> None:
    with tarfile.open(packages[".gz"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "tests/conftest.py", "scripts/test", "charts/netwatch/Chart.yaml"} <= names

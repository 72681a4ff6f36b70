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
from tests.grpc_server import SERVING, health_server
from tests.programs import Agent

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.timeout(300)  # for an environment with all dependencies


def build(project: Path, folder: Path, *options: str) -> dict[str, Path]:
    """Return what was built, by suffix."""
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder), *options]
    subprocess.run(command, cwd=project, capture_output=True, check=True)
    return {path.suffix: path for path in folder.iterdir()}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the wheel and the source distribution."""
    return build(ROOT, tmp_path_factory.mktemp("dist"))


class Environment:
    """One that was empty; our own pip fills it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        venv.create(folder)

    def pip(self, *arguments: str) -> None:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        command = [*pip, "--python", f"{self.folder}/bin/python", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def say(self, *arguments: str) -> str:
        command = [f"{self.folder}/bin/netwatch", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def finds_up(self, probe: str, port: int) -> None:
        """Run an agent that probes this port of loopback, until it says that all is well there."""
        config = self.folder / "netwatch.yaml"
        target = f"{{host: 127.0.0.1, port: {port}}}"
        config.write_text(f"checks: {{a: {{source: {{static: [{target}]}}, probe: {probe}}}}}\n")
        options = ("--config", str(config), "--listen", "127.0.0.1:0", "--log-format", "text")
        agent = Agent([f"{self.folder}/bin/netwatch", "agent", *options], self.folder)
        try:
            agent.wait_until_it_runs()
            agent.wait_for_count("netwatch_target_up", target="127.0.0.1")
            assert agent.stop() == 0
            assert agent.complaints == []
        finally:
            agent.kill()


@pytest.fixture(scope="module")
def environment(packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Install the wheel and what it needs."""
    made = Environment(tmp_path_factory.mktemp("environment"))
    made.pip("install", "--no-compile", str(packages[".whl"]))
    return made


def test_the_wheel_installs_into_an_empty_environment(environment: Environment) -> None:
    environment.pip("check")
    assert environment.say("--version") == f"netwatch {__version__}\n"
    assert environment.say("config", "default") == DEFAULT_CONFIG


def test_an_agent_works_there_without_any_extra(environment: Environment) -> None:
    with health_server() as server:
        environment.finds_up("{tcp: {interval: 1s}}", server.port)


def test_an_extra_brings_what_its_probe_needs(
    environment: Environment, packages: dict[str, Path]
) -> None:
    environment.pip("install", "--no-compile", f"{packages['.whl']}[grpc]")
    with health_server({b"": SERVING}) as server:
        environment.finds_up("{grpc: {interval: 1s}}", server.port)


def test_a_wheel_holds_netwatch_and_nothing_else(packages: dict[str, Path]) -> None:
    with zipfile.ZipFile(packages[".whl"]) as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert tops == {"netwatch", f"netwatch_agent-{__version__}.dist-info"}


def test_the_wheel_that_a_source_distribution_builds_is_the_same(
    packages: dict[str, Path], tmp_path: Path
) -> None:
    with tarfile.open(packages[".gz"]) as archive:
        archive.extractall(tmp_path, filter="data")
    [project] = tmp_path.iterdir()
    again = build(project, tmp_path / "dist", "--target", "wheel")[".whl"]
    with zipfile.ZipFile(packages[".whl"]) as wheel, zipfile.ZipFile(again) as other:
        sums = [{info.filename: info.CRC for info in one.infolist()} for one in (wheel, other)]
    assert sums[0] == sums[1]


def test_a_source_distribution_can_test_itself(packages: dict[str, Path]) -> None:
    with tarfile.open(packages[".gz"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "tests/conftest.py", "scripts/test", "charts/netwatch/Chart.yaml"} <= names
    assert {".ci/run", ".github/workflows/checks.yml", "Dockerfile"} <= names

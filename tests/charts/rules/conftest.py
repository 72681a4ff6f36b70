"""What the tests of the rules share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.charts.rules.monitoring import Monitoring
from tests.charts.rules.promtool import Promtool
from tests.namespaces import Namespace


def needs(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"the program {program} is not installed")


@pytest.fixture
def promtool(tmp_path: Path) -> Promtool:
    """Run stories through the rules of the chart."""
    needs("promtool")
    return Promtool(tmp_path)


@pytest.fixture
def switch(netns: Callable[[str], Namespace]) -> Namespace:
    """Make the namespace that connects the nodes, and in which they are monitored."""
    return netns("switch")


@pytest.fixture
def monitoring(switch: Namespace, tmp_path: Path) -> Monitoring:
    """Have a Prometheus and an Alertmanager ready to run."""
    for program in ("prometheus", "prometheus-alertmanager", "amtool"):
        needs(program)
    folder = tmp_path / "monitoring"
    folder.mkdir()
    return Monitoring(switch, folder)

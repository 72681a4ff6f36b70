"""What the tests of the rules share."""

import shutil
from pathlib import Path

import pytest

from tests.charts.rules.promtool import Promtool


@pytest.fixture
def promtool(tmp_path: Path) -> Promtool:
    """Run stories through the rules of the chart."""
    if shutil.which("promtool") is None:
        pytest.skip("the program promtool is not installed")
    return Promtool(tmp_path)

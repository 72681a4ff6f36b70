from pathlib import Path

import pytest

from tests.dashboards.promtool import Promtool
from tests.prometheus import needs


@pytest.fixture
def promtool(tmp_path: Path) -> Promtool:
    needs("promtool")
    return Promtool(tmp_path / "test.json")

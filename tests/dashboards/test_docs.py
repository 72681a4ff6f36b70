"""What docs/dashboards.md says of the dashboards."""

import re
from pathlib import Path

import pytest

from tests.dashboards.files import FILES, ROOT, load

TEXT = (ROOT / "docs" / "dashboards.md").read_text()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_row_is_documented_in_its_place(path: Path) -> None:
    dashboard = load(path)
    title = dashboard["title"].removeprefix("netwatch / ")
    section = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    rows = [panel["title"] for panel in dashboard["panels"] if panel["type"] == "row"]
    assert re.findall(r"^- \*\*(.*?)\*\*:", section, re.MULTILINE) == rows

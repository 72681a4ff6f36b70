"""The files that the chart ships: the text of each dashboard, and where it stands."""

import json
from pathlib import Path

from dashboards import DASHBOARDS

FOLDER = Path(__file__).parent.parent / "charts" / "netwatch" / "dashboards"


def texts() -> dict[Path, str]:
    """Return the text of each file."""
    return {
        FOLDER / f"{name}.json": json.dumps(dashboard.model(), indent=2, ensure_ascii=False) + "\n"
        for name, dashboard in DASHBOARDS.items()
    }

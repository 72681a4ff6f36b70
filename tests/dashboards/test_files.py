"""The files of the chart are what the code says; `scripts/chart` writes them anew."""

from dashboards.files import FOLDER, texts
from tests.charts.helm import objects, of_kind
from tests.dashboards.files import FILES

BYTES_OF_A_CONFIG_MAP = 2**20


def test_the_files_are_up_to_date() -> None:
    assert {path: path.read_text() for path in FOLDER.iterdir()} == texts()


def test_each_of_them_becomes_a_config_map_of_the_chart() -> None:
    found = of_kind("ConfigMap", objects())
    for path in FILES:
        data = found[f"netwatch-{path.stem}"]["data"]
        assert data == {f"netwatch-{path.name}": path.read_text()}
        assert len(path.read_bytes()) < BYTES_OF_A_CONFIG_MAP

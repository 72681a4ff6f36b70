from pathlib import Path

import pytest

from bench.contenders import CONTENDERS, Contender, version_in, versions
from netwatch import __version__


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("fping: Version 5.1\n", "5.1"),
        ("blackbox_exporter, version 0.23.0 (branch: debian/sid, revision: 0.23.0-4)\n", "0.23.0"),
        ("what?\n", "of unknown version"),
    ],
)
def test_a_program_tells_its_version(output: str, version: str) -> None:
    assert version_in(output) == version


def test_every_table_names_the_versions() -> None:
    assert versions().startswith(f"netwatch {__version__}, ")
    for program in ("fping", "smokeping_prober", "blackbox_exporter"):
        assert program in versions()


@pytest.mark.parametrize("contender", CONTENDERS, ids=lambda contender: contender.name)
def test_every_contender_or_its_asker_is_told_all_targets(
    contender: Contender, tmp_path: Path
) -> None:
    targets = ["10.129.0.1", "10.129.0.2"]
    contender.command(tmp_path, targets)
    if contender.asker:
        contender.asker(tmp_path, targets)
    written = [file.read_text() for file in tmp_path.iterdir()]
    assert any(all(target in text for target in targets) for text in written)

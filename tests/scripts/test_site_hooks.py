"""The documents become a site in which every page has its place and every link leads somewhere."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from scripts.site_hooks import on_config, with_links_into_repository

ROOT = Path(__file__).parent.parent.parent
REPOSITORY = "https://git.example/netwatch"


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs", reason="mkdocs-material is not installed")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = {path.parent.name for path in tmp_path.rglob("index.html")}
    assert {"quickstart", "incidents", "kubernetes", "migration", "goldpinger"} <= pages


@pytest.mark.parametrize(
    ("page", "link", "on_the_site"),
    [
        ("kubernetes.md", "probes.md#tls", "probes.md#tls"),
        ("migration/goldpinger.md", "../kubernetes.md", "../kubernetes.md"),
        ("design.md", "#layers", "#layers"),
        ("design.md", "https://example.org/../x", "https://example.org/../x"),
        ("index.md", "../SECURITY.md", f"{REPOSITORY}/blob/main/SECURITY.md"),
        ("runbooks/a.md", "../../README.md#why", f"{REPOSITORY}/blob/main/README.md#why"),
    ],
)
def test_only_links_out_of_the_documents_lead_into_the_repository(
    page: str, link: str, on_the_site: str
) -> None:
    text = with_links_into_repository(f"see [it]({link}).", page, REPOSITORY)
    assert text == f"see [it]({on_the_site})."


def test_a_pattern_in_the_navigation_stands_for_the_files_that_match(tmp_path: Path) -> None:
    (tmp_path / "runbooks").mkdir()
    for name in ("b", "a"):
        (tmp_path / "runbooks" / f"{name}.md").touch()
    nav = [{"Home": "index.md"}, {"Books": "runbooks/*.md"}, {"In": ["*x.md"]}, {"Out": "*x.md"}]
    config = on_config(SimpleNamespace(nav=nav, docs_dir=str(tmp_path)))
    books = {"Books": ["runbooks/a.md", "runbooks/b.md"]}
    assert config.nav == [{"Home": "index.md"}, books, {"In": []}]

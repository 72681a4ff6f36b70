"""A tag becomes a release only if everything that has a version says the same."""

from scripts.release import ROOT, disagreements

CHART = "apiVersion: v2\nversion: 1.2.3\nappVersion: 1.2.3\n"
CHANGELOG = "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-11-21\n"


def test_where_all_agree_there_is_nothing_to_say() -> None:
    assert list(disagreements("v1.2.3", "1.2.3", CHART, CHANGELOG)) == []


def test_everything_that_has_another_version_is_named() -> None:
    chart = CHART.replace("appVersion: 1.2.3", "appVersion: 1.2.30")
    assert list(disagreements("v1.2.4", "1.2.3", chart, "## 1.2.3\n")) == [
        "the tag is v1.2.4, expected v1.2.3, as netwatch/__init__.py says",
        "Chart.yaml has another appVersion, expected 1.2.3",
        "CHANGELOG.md has no heading '## 1.2.3 - YYYY-MM-DD'",
    ]


def test_what_comes_next_has_its_heading_in_the_changelog() -> None:
    headings = [
        line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## ")
    ]
    assert headings[0] == "## Unreleased"

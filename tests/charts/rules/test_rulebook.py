"""Rules and runbooks belong together, and say nothing that is not there."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from netwatch.cli.main import parse
from tests.charts.helm import CHART, ROOT
from tests.charts.rules.promtool import RULES
from tests.charts.rules.rulebook import ALERTS, PAGES, RECORDS, blocks, metric_names, rules, whole

HEADINGS = ["Meaning", "Impact", "Look at", "Usual causes", "False alarms"]
FOREIGN = {
    "kubeproxy_network_programming_duration_seconds",
    "kubeproxy_sync_proxy_rules_duration_seconds",
}
"""Families that the probe kube_proxy passes on, by their names in kube-proxy."""


def documented_families() -> set[str]:
    """Return what docs/metrics.md has, which tests/test_docs.py holds to the code."""
    text = (ROOT / "docs/metrics.md").read_text()
    return set(re.findall(r"^\| `(netwatch_[a-z_]+)` \|", text, re.MULTILINE))


def test_promtool_finds_nothing_wrong_with_the_rules() -> None:
    if shutil.which("promtool") is None:
        pytest.skip("the program promtool is not installed")
    command = ["promtool", "check", "rules", "--lint=all", "--lint-fatal", *map(str, RULES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_its_runbook_and_every_runbook_its_alert() -> None:
    assert set(PAGES) == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_how_bad_what_where_and_what_to_do(name: str) -> None:
    alert = ALERTS[name]
    assert alert["labels"]["severity"] in ("critical", "warning")
    assert set(alert["annotations"]) == {"summary", "description", "runbook_url"}
    assert alert["annotations"]["runbook_url"].endswith(f"/docs/runbooks/{name}.md")
    assert "{{" not in alert["annotations"]["runbook_url"]


@pytest.mark.parametrize("name", ALERTS)
def test_an_alert_says_nothing_of_labels_that_it_does_not_have(name: str) -> None:
    """They would be empty holes in its sentences."""
    spoken_of = set(re.findall(r"\$labels\.(\w+)", str(ALERTS[name]["annotations"])))
    expression = whole(ALERTS[name]["expr"])
    assert {label for label in spoken_of if not re.search(rf"\b{label}\b", expression)} == set()


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_is_in_the_overview_with_its_severity(name: str) -> None:
    line = f"| [{name}](runbooks/{name}.md) | {ALERTS[name]['labels']['severity']} |"
    assert line in (ROOT / "docs/alerts.md").read_text()


def test_every_recorded_series_is_used_or_documented() -> None:
    used = "\n".join(f"{rule['expr']} {rule.get('annotations')}" for rule in rules())
    overview = (ROOT / "docs/alerts.md").read_text()
    assert [name for name in RECORDS if name not in used and name not in overview] == []


@pytest.mark.parametrize("path", [*RULES, *PAGES.values()], ids=lambda path: path.name)
def test_every_metric_that_is_spoken_of_exists(path: Path) -> None:
    known = documented_families() | FOREIGN
    assert metric_names(path.read_text()) <= known


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_runbook_has_the_same_headings_as_all(page: Path) -> None:
    text = page.read_text()
    assert text.startswith(f"# {page.stem}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
    assert len(text.splitlines()) < 60, "nobody reads that at night"


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_link_of_a_runbook_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]+)(?:#([^)]+))?\)", page.read_text()):
        file = page.parent / target
        assert file.exists(), target
        headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE)
        assert not anchor or anchor in {h.lower().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_command_of_a_runbook_is_one(page: Path) -> None:
    for block in blocks(page, "console"):
        for line in block.splitlines():
            assert callable(parse(shlex.split(line.removeprefix("$ netwatch "))).run)


def test_every_query_of_a_runbook_is_one(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("the program promtool is not installed")
    queries = [
        {"record": f"page:{name}:{index}", "expr": query.strip()}
        for name, page in PAGES.items()
        for index, query in enumerate(blocks(page, "promql"))
    ]
    file = tmp_path / "queries.json"
    file.write_text(json.dumps({"groups": [{"name": "queries", "rules": queries}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_example_for_alertmanager_names_alerts_that_exist() -> None:
    text = (CHART / "alertmanager.yaml").read_text()
    for pattern in re.findall(r'alertname!?=~?"([^"]+)"', text):
        assert any(re.fullmatch(pattern, name) for name in ALERTS), pattern

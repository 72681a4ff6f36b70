"""The documents keep to the code: files load, commands parse, tables are whole."""

import json
import re
import shlex
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from netwatch.check import SOURCE_FAMILIES
from netwatch.cli.main import parse
from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.config import load
from netwatch.net.ping.engine import Pinger
from netwatch.net.udpecho import UDP_ECHO_FAMILIES
from netwatch.options import Options
from netwatch.prober import Prober
from netwatch.probes import PROBES
from netwatch.sampling import PEERS_FAMILIES
from netwatch.sinks.passing import PASSED_FAMILIES
from netwatch.sinks.prometheus import CHECK_FAMILIES, TARGET_FAMILIES
from netwatch.sinks.textfile import TEXTFILE_FAMILIES
from netwatch.tally import ATTEMPT_FAMILIES
from netwatch.vitals import LoopLag, ReloadRecord, Vitals
from netwatch.wire.yaml import parse as parse_yaml

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *sorted(ROOT.glob("docs/**/*.md"))]
TO_COME = {"design.md"}  # its example shows what is planned, and says so
FENCED = re.DOTALL | re.MULTILINE


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the file and the text of each fenced block of that language."""
    return [
        (str(path.relative_to(ROOT)), textwrap.dedent(block))
        for path in DOCUMENTS
        if path.name not in TO_COME
        for block in re.findall(rf"```{language}\n(.*?)^ *```", path.read_text(), FENCED)
    ]


def commands() -> list[str]:
    """Return every netwatch command line of the documents, without `sudo` and comment."""
    lines = (line for _, block in blocks("console") for line in block.splitlines())
    prompt = r"(?:node-\d)?\$ (?:sudo )?"
    shown = (re.match(rf"{prompt}(?:netwatch|scripts/run)\b(.*)", line) for line in lines)
    return sorted({match[1].strip() for match in shown if match})


def declared_families() -> set[str]:
    probes = [family for probe in PROBES.values() for family in probe.families]
    agent = (
        *CHECK_FAMILIES,
        *SOURCE_FAMILIES,
        *PEERS_FAMILIES,
        *PASSED_FAMILIES,
        *TEXTFILE_FAMILIES,
        *UDP_ECHO_FAMILIES,
    )
    tables = (*TARGET_FAMILIES, *ATTEMPT_FAMILIES, *probes, *agent)
    vitals = Vitals(
        pinger=Pinger(lambda _: None),
        prober=Prober(lambda _: None),
        loop_lag=LoopLag(),
        reloads=ReloadRecord(),
        local_errors={},
        series=lambda: 0,
    )
    registry = CollectorRegistry()
    registry.register(vitals)
    own = {
        metric.name + ("_total" if metric.type == "counter" else "")
        for metric in registry.collect()
    }
    return {family.name for family in tables} | own


def configurations() -> list[str]:
    """Return them, without the values of the chart, which tests/charts/test_docs.py renders."""
    found = (block for _, block in blocks("yaml") if not block.startswith("# values.yaml"))
    return [block for block in found if re.search(r"^checks:", block, re.MULTILINE)]


@pytest.mark.parametrize("text", configurations())
def test_every_configuration_in_the_documents_loads(text: str) -> None:
    assert load(text, "docs", {"HOST_IP": "127.0.0.1", "NODE_IP": "127.0.0.1"}).checks


@pytest.mark.parametrize("command", commands())
def test_every_command_in_the_documents_is_one(command: str) -> None:
    arguments = shlex.split(command, comments=True) or ["agent"]
    assert callable(parse(arguments).run)


def test_every_metric_is_documented_and_every_documented_metric_exists() -> None:
    text = (ROOT / "docs/metrics.md").read_text()
    documented = set(re.findall(r"^\| `(netwatch_[a-z_]+)` \|", text, re.MULTILINE))
    assert documented == declared_families()


def is_declared(name: str, families: set[str]) -> bool:
    """Tell whether `name` is a family, one of its series, or the beginning of some (`…_`)."""
    if name.endswith("_"):
        return any(family.startswith(name) for family in families)
    return bool({name, re.sub(r"_(bucket|count|sum)$", "", name)} & families)


def test_every_metric_that_is_spoken_of_exists() -> None:
    families = declared_families()
    for path in DOCUMENTS:
        if path.name not in TO_COME:
            named = set(re.findall(r"(?<![:\w])netwatch_[a-z_]+(?!\w)", path.read_text()))
            assert {name for name in named if not is_declared(name, families)} == set(), path


def test_every_query_in_the_documents_is_promql(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("the program promtool is not installed")
    queries = [block for _, block in blocks("promql")]
    assert queries
    rules = [{"record": f"query:{number}", "expr": query} for number, query in enumerate(queries)]
    file = tmp_path / "rules.yaml"
    file.write_text(json.dumps({"groups": [{"name": "docs", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", PROBES)
def test_every_option_of_a_probe_is_documented_with_its_default(name: str) -> None:
    text = (ROOT / "docs/probes.md").read_text()
    section = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert section
    table = section[1].split("### Metrics")[0]
    documented = dict(re.findall(r"^\| `([a-z_]+)` \| ?(.*?) ?\|", table, re.MULTILINE))
    options, fields = PROBES[name], PROBES[name].model_fields
    assert set(documented) == set(fields)
    required = {key: "." for key, field in fields.items() if field.is_required()}
    usual = options.model_validate(required)
    for key, cell in documented.items():
        default = getattr(usual, key)
        if value := re.fullmatch(r"`(.*)`", cell):
            said = parse_yaml(value[1]).value
            assert getattr(options.model_validate({**required, key: said}), key) == default, key
        else:  # nothing, or what nothing means
            assert not default or isinstance(default, Options) or key in required, key


def test_every_option_of_blackbox_compatibility_is_documented() -> None:
    first = (ROOT / "docs/blackbox.md").read_text().split("\n## ")[0]
    documented = re.findall(r"^\| `([a-z_]+)` \|", first, re.MULTILINE)
    assert documented == list(BlackboxOptions.model_fields)


@pytest.mark.parametrize("name", PROBES)
def test_every_probe_has_the_same_headings(name: str) -> None:
    text = (ROOT / "docs/probes.md").read_text()
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    headings = re.findall(r"^### (.*)$", section, re.MULTILINE)
    assert headings == ["Tells you", "Options", "Metrics", "Example", "When it fails"]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text())
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert not missing

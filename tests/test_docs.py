"""The documents keep to the code: files load, commands parse, tables are whole."""

import itertools
import json
import re
import shlex
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml

from netwatch.cli.main import parse
from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.config import CheckConfig, Config, load, schema
from netwatch.default_checks import DefaultsOptions
from netwatch.model import Outcome
from netwatch.net.udpecho import UdpEchoOptions
from netwatch.options import Options
from netwatch.probes import PROBES
from netwatch.resolution import ResolveOptions
from netwatch.state import StateOptions
from netwatch.wire.yaml import parse as parse_yaml
from scripts.metrics_tables import tables

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *sorted(ROOT.glob("docs/**/*.md"))]
FENCED = re.DOTALL | re.MULTILINE
CONFIGURATION = {
    "The file": Config,
    "Checks": CheckConfig,
    "State": StateOptions,
    "Resolve": ResolveOptions,
    "Defaults": DefaultsOptions,
    "UDP echo": UdpEchoOptions,
}
"""Sections of docs/configuration.md, and the options that their first table has."""


def blocks(language: str) -> list[tuple[str, str]]:
    """Return the file and the text of each fenced block of that language."""
    return [
        (str(path.relative_to(ROOT)), textwrap.dedent(block))
        for path in DOCUMENTS
        for block in re.findall(rf"```{language}\n(.*?)^ *```", path.read_text(), FENCED)
    ]


def commands() -> list[str]:
    """Return the arguments of every netwatch that the documents run: here, in a pod, by docker."""
    lines = (line for _, block in blocks("console") for line in block.splitlines())
    before = r"(?:sudo |kubectl .* -- |docker run .* )?"
    program = rf"(?:node-\d)?\$ {before}(?:netwatch|scripts/run)(?: (.*))?"
    shown = (re.fullmatch(program, line.strip()) for line in lines)
    return sorted({match[1] or "" for match in shown if match})


def declared_families() -> set[str]:
    return {row.name for rows in tables().values() for row in rows}


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


def prose(path: Path) -> list[str]:
    """Return the lines of a document that are not in fenced blocks, and "" for each block."""
    return re.sub(r"^ *```.*?^ *```$", "", path.read_text(), flags=FENCED).splitlines()


def test_no_document_speaks_of_what_is_to_come() -> None:
    """Nor of a house that only stands on paper: what is written is there."""
    assert [path for path in DOCUMENTS if re.search(r"\bTo come\b", path.read_text())] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_table_says_two_things_of_one(path: Path) -> None:
    for table in re.findall(r"(?:^ *\|.*\n)+", "\n".join(prose(path)) + "\n", re.MULTILINE):
        firsts = [row.split("|")[1].strip() for row in table.splitlines()]
        assert sorted(firsts) == sorted(set(firsts))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_headings_and_tables_stand_between_blank_lines(path: Path) -> None:
    """Else Markdown takes them for the paragraph above them, or that for a row."""
    for before, line in itertools.pairwise(prose(path)):
        if before.strip() and line.strip():
            assert not re.match(r"#+ ", line), line
            assert before.lstrip().startswith("|") is line.lstrip().startswith("|"), line


@pytest.mark.parametrize("heading", CONFIGURATION)
def test_every_option_of_the_configuration_is_documented_with_its_default(heading: str) -> None:
    """Where a default is said in words, only its key is compared."""
    text = (ROOT / "docs/configuration.md").read_text()
    section = re.split(rf"^##+ {heading}\n", text, flags=re.MULTILINE)[1]
    _, table, *_ = re.split(r"^\| key .*\n\|---.*\n((?:\|.*\n)+)", section, flags=re.MULTILINE)
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE))
    options = CONFIGURATION[heading]
    found = schema() if options is Config else schema()["$defs"][options.__name__]
    assert set(rows) == set(found["properties"])
    for key, said in rows.items():
        if said.startswith("`"):
            assert yaml.safe_load(said.strip("`")) == found["properties"][key]["default"]


def test_the_tree_in_the_design_is_the_tree() -> None:
    text = (ROOT / "docs/design.md").read_text()
    [tree] = re.findall(r"^netwatch/\n(.*?)^\S", text, FENCED)
    rooms = [path.name + "/" * path.is_dir() for path in (ROOT / "netwatch").glob("[!_]*")]
    assert sorted(re.findall(r"^  (\S+)", tree, re.MULTILINE)) == sorted(rooms)


@pytest.mark.parametrize(("name", "fine"), [("design.md", {"ok"}), ("probes.md", set())])
def test_every_outcome_is_explained(name: str, fine: set[str]) -> None:
    rows = re.split(
        r"^\| [Oo]utcome \|.*\n", (ROOT / "docs" / name).read_text(), flags=re.MULTILINE
    )
    table = rows[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {*Outcome} - {"ok"} | fine


def is_declared(name: str, families: set[str]) -> bool:
    """Tell whether `name` is a family, one of its series, or the beginning of some (`…_`)."""
    if name.endswith("_"):
        return any(family.startswith(name) for family in families)
    return bool({name, re.sub(r"_(bucket|count|sum)$", "", name)} & families)


def test_every_metric_that_is_spoken_of_exists() -> None:
    families = declared_families()
    for path in DOCUMENTS:
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


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_nothing_is_said_twice_in_one_place(path: Path) -> None:
    """Neither a line beside itself, nor a row of a table under the same key."""
    for paragraph in re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL).split("\n\n"):
        lines = [line.strip() for line in paragraph.splitlines()]
        starts = [line[:60] for line in lines if len(line) > 60 and line[:1] not in "|<-"]
        keys = [line.split("|")[1] for line in lines if re.match(r"\| *`", line)]
        for said in (starts, keys):
            assert len(said) == len(set(said)), said

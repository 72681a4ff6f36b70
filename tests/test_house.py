"""The rules of the house that no other tool looks after."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from scripts.metrics_tables import tables

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "netwatch").rglob("*.py"))
MOST_LINES = 300

TESTED_ELSEWHERE = {
    "cli/others.py": "a list of commands, each of which has its own",
    "endpoint.py": "nouns, which tests/test_model.py has with the others",
    "foreign.py": "nouns, which tests/exposition/test_foreign.py puts on a page",
    "net/kubernetes/objects.py": "structs, which tests/net/kubernetes/test_codec.py reads",
    "net/kubernetes/query.py": "what a codec gives to a reflector, whose tests have both",
    "sinks/trouble.py": "words, which tests/sinks/test_summary.py reads",
    "source.py": "what all sources share, which tests/sources/test_init.py opens",
    "wire/yaml_composer.py": "one half of wire/yaml.py, whose tests give text and take documents",
}
"""Modules without a test file of their own, and why."""


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def metric_families() -> Iterator[tuple[str, str]]:
    """Yield name and help of all families that are ours, and not of a tool that we replace."""
    for name, rows in tables().items():
        if name != "ping_exporter":
            yield from ((row.name, row.help) for row in rows)


def imported_first(path: Path) -> Iterator[str]:
    """Yield which of our modules are imported, whole, before a module is."""
    names = {dotted(module) for module in MODULES}
    own_packages = {dotted(path)} | packages_of(dotted(path))
    for statement in ast.parse(path.read_text()).body:
        match statement:
            case ast.Import():
                found = {alias.name for alias in statement.names}
            case ast.ImportFrom(module=str(module)):
                found = {module} | {f"{module}.{alias.name}" for alias in statement.names}
            case _:
                continue
        ours = found & names
        yield from ours | (set().union(*map(packages_of, ours)) - own_packages)


def packages_of(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:number]) for number in range(1, len(parts))}


def test_every_module_can_be_imported_first() -> None:
    """As long as there is no circle: its first would be asked for what it does not have yet."""
    imports = {dotted(path): set(imported_first(path)) for path in MODULES}
    assert imports["netwatch.cli.main"] > {"netwatch", "netwatch.cli.agent", "netwatch.probes"}
    TopologicalSorter(imports).prepare()


def test_every_module_has_its_test_file() -> None:
    missing = []
    for path in MODULES:
        inside = path.relative_to(ROOT / "netwatch")
        if path.name not in {"__init__.py", "__main__.py"} and str(inside) not in TESTED_ELSEWHERE:
            test = ROOT / "tests" / inside.with_name(f"test_{inside.name}")
            missing += [] if test.exists() else [str(test.relative_to(ROOT))]
    assert missing == []


def test_every_exception_from_that_is_needed() -> None:
    for inside in TESTED_ELSEWHERE:
        path = ROOT / "netwatch" / inside
        assert path.exists(), inside
        test = ROOT / "tests" / Path(inside).with_name(f"test_{path.name}")
        assert not test.exists(), inside


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_no_module_is_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES


def test_every_metric_is_ours_by_name_and_has_a_sentence_for_help() -> None:
    families = list(metric_families())
    assert len(families) > 30
    for name, help_ in families:
        assert name.startswith("netwatch_")
        assert help_.endswith("."), name
        assert help_[0].isupper() or help_[0].isdigit(), name


def test_no_two_metrics_share_a_name() -> None:
    names = [name.removesuffix("_total") for name, _ in metric_families()]
    assert len(names) == len(set(names))

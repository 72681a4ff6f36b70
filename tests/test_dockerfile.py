"""What can be known of the image where no container engine is at hand."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from netwatch import __version__

ROOT = Path(__file__).parent.parent
MAX_INSTALLED_BYTES = 150_000_000
"""What stands beside Python in the image; scripts/image_size limits the whole."""
LINES = (ROOT / "Dockerfile").read_text().splitlines()


@dataclass(frozen=True)
class Instruction:
    word: str
    rest: str
    comment: str
    """The lines of comment above it."""


def instructions() -> list[Instruction]:
    found: list[Instruction] = []
    comment, words = "", ""
    for line in LINES:
        if not words and (line.startswith("#") or not line):
            comment = comment + line if line else ""
        else:
            words += line.removesuffix("\\")
            if not line.endswith("\\"):
                word, _, rest = words.partition(" ")
                found.append(Instruction(word, rest, comment))
                comment, words = "", ""
    return found


def stages() -> list[list[Instruction]]:
    """Return the instructions of each stage, from its FROM on."""
    found: list[list[Instruction]] = []
    for instruction in instructions():
        if instruction.word == "FROM":
            found.append([])
        if found:
            found[-1].append(instruction)
    return found


def last(word: str) -> Instruction:
    return [one for one in stages()[-1] if one.word == word][-1]


def defaults() -> dict[str, str]:
    """Return the arguments of the build."""
    pairs = [one.rest.partition("=") for one in instructions() if one.word == "ARG"]
    return {name: value for name, _, value in pairs}


def test_both_stages_are_of_one_python_whose_digest_is_pinned() -> None:
    build, result = stages()
    assert build[0].rest == "${PYTHON_IMAGE} AS build"
    assert result[0].rest == "${PYTHON_IMAGE}"
    image = defaults()["PYTHON_IMAGE"]
    assert re.fullmatch(r"docker\.io/library/python:3\.\d+-slim-\w+@sha256:[0-9a-f]{64}", image)


def test_the_result_has_only_what_was_installed_and_runs_nothing_to_get_it() -> None:
    words = [one.word for one in stages()[-1]]
    assert "RUN" not in words
    assert [one.rest for one in stages()[-1] if one.word == "COPY"] == [
        "--from=build /opt/netwatch /opt/netwatch"
    ]


def test_the_image_starts_netwatch_and_by_itself_the_agent() -> None:
    assert last("ENTRYPOINT").rest == '["netwatch"]'
    assert last("CMD").rest == '["agent"]'


def test_the_user_is_root_and_the_file_says_why() -> None:
    user = last("USER")
    assert user.rest == "0:0"
    assert "NET_RAW" in user.comment


def test_the_image_says_what_it_is() -> None:
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="([^"]*)"', last("LABEL").rest))
    assert labels["title"] == "netwatch"
    assert labels["licenses"] == "Apache-2.0"
    assert (labels["version"], labels["revision"]) == ("${VERSION}", "${REVISION}")
    assert labels["source"] == "${SOURCE}"
    site = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    assert defaults()["SOURCE"] == site["repo_url"]


def copied() -> list[str]:
    """Return what comes from this repository."""
    copies = [one.rest.split() for one in stages()[0] if one.word == "COPY"]
    return [source for copy in copies for source in copy[:-1]]


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    everything, *rules = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] != "#"
    ]
    assert everything == "*"
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    assert kept == set(copied())
    for source in copied():
        assert (ROOT / source).exists()
        refused = [rule for rule in rules if not rule.startswith("!")]
        assert not any(fnmatch.fnmatch(source, rule) for rule in refused)


def test_the_image_has_all_that_is_optional_but_what_changes_nothing() -> None:
    """uvloop saves nobody CPU here, as docs/performance.md has it, and takes a MiB."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = defaults()["EXTRAS"].split(",")
    assert set(extras) == set(project["optional-dependencies"]) - {"dev", "docs", "speed"}


@pytest.mark.timeout(300)  # it installs all dependencies
def test_the_steps_of_the_build_install_a_netwatch_that_starts(tmp_path: Path) -> None:
    """They run here as they stand, but for their folders."""
    base = tmp_path / "base"
    subprocess.run([sys.executable, "-m", "venv", base], check=True)
    for source in copied():
        target = tmp_path / "source" / source
        target.parent.mkdir(exist_ok=True)
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, target)
    environ = {**os.environ, **defaults(), "PATH": f"{base}/bin:{os.environ['PATH']}"}
    steps = [one.rest for one in stages()[0] if one.word == "RUN"]
    for step in steps:
        here = re.sub(r"(?<=[\s(\"])/(source|wheels|opt)\b", rf"{tmp_path}/\1", step)
        done = subprocess.run(
            ["sh", "-c", here], env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    netwatch = tmp_path / "opt" / "netwatch" / "bin" / "netwatch"
    said = subprocess.run([netwatch, "--version"], capture_output=True, text=True, check=True)
    assert said.stdout == f"netwatch {__version__}\n"
    assert not list((tmp_path / "opt" / "netwatch" / "bin").glob("pip*"))
    files = (path for path in (tmp_path / "opt").rglob("*") if path.is_file())
    assert sum(path.lstat().st_size for path in files) < MAX_INSTALLED_BYTES
    assert list((tmp_path / "opt").rglob("netwatch/cli/__pycache__/main.*.pyc"))

"""The workflows of the forge: valid, pinned, with few rights, and true to the project."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github" / "workflows"
WORKFLOWS = sorted(FOLDER.glob("*.yml"))
SCHEMAS = dict.fromkeys(WORKFLOWS, "vendor.github-workflows") | {
    ROOT / ".github" / "dependabot.yml": "vendor.dependabot"
}

Job = dict[str, Any]


def jobs(name: str) -> dict[str, Job]:
    found: dict[str, Job] = yaml.safe_load((FOLDER / name).read_text())["jobs"]
    return found


def step_with(job: Job, action: str) -> dict[str, Any]:
    """Return what the step that uses an action gives to it."""
    [step] = [step for step in job["steps"] if step.get("uses", "").startswith(f"{action}@")]
    given: dict[str, Any] = step.get("with", {})
    return given


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_file_of_the_forge_has_its_schema(path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    command = ["check_jsonschema", "--builtin-schema", SCHEMAS[path], str(path)]
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_to_a_commit_and_says_its_version(path: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", path.read_text())
    assert used
    for action, comment in used:
        if action.startswith("./"):
            assert (ROOT / action).exists()
        else:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action)
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_only_read_and_its_jobs_end(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 60


def test_the_checks_run_on_every_python_that_the_package_names() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    job = jobs("checks.yml")["python"]
    assert job["strategy"]["matrix"]["python"] == named
    assert "--privileged" in job["container"]["options"]
    assert job["steps"][-1] == {"run": ".ci/run"}


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_script_that_a_workflow_runs_is_there(path: Path) -> None:
    text = path.read_text()
    for script in re.findall(r"run: ((?:scripts|\.ci)/\S+)", text):
        assert (ROOT / script).stat().st_mode & 0o111
    for module in re.findall(r"python -m (scripts\.\w+)", text):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()


def test_nothing_is_released_before_all_checks_have_passed() -> None:
    release = jobs("release.yml")
    assert release["checks"]["uses"] == "./.github/workflows/checks.yml"
    for name in ("pypi", "image"):
        assert {"checks", "packages"} <= set(release[name]["needs"])
    assert release["chart"]["needs"] == ["image"]


def test_pypi_knows_the_workflow_and_needs_no_password() -> None:
    job = jobs("release.yml")["pypi"]
    assert job["permissions"] == {"id-token": "write"}
    assert job["environment"] == "pypi"
    assert "password" not in step_with(job, "pypa/gh-action-pypi-publish")


def test_the_image_is_for_both_platforms_and_says_what_it_is_made_of() -> None:
    given = step_with(jobs("release.yml")["image"], "docker/build-push-action")
    assert given["platforms"] == "linux/amd64,linux/arm64"
    assert given["push"] is True
    declared = re.findall(
        r"^ARG (SOURCE|VERSION|REVISION)", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    assert re.findall(r"^(\w+)=", given["build-args"], re.MULTILINE) == declared


def test_only_jobs_that_publish_may_write_and_nothing_but_packages() -> None:
    writing = {
        name: {right for right, how in job.get("permissions", {}).items() if how == "write"}
        for file in WORKFLOWS
        for name, job in jobs(file.name).items()
        if "write" in job.get("permissions", {}).values()
    }
    packages = {"packages"}
    assert writing == {"pypi": {"id-token"}, "image": packages, "chart": packages}

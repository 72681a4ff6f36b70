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


def published() -> tuple[str, str, str]:
    """Return the package, the image and the chart of a release of the repository of the chart."""
    image = yaml.safe_load((ROOT / "charts/netwatch/values.yaml").read_text())["image"]
    text = (FOLDER / "release.yml").read_text()
    text = text.replace("${{ github.repository }}", image["repository"])
    text = text.replace("$GITHUB_REPOSITORY_OWNER", image["repository"].partition("/")[0])
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["name"]
    [pushed], [charts] = re.findall(r"tags: (.+):", text), re.findall(r'"(oci://.+)"', text)
    return package, pushed, f"{charts}/netwatch"


def test_the_chart_takes_the_image_that_a_release_publishes() -> None:
    image = yaml.safe_load((ROOT / "charts/netwatch/values.yaml").read_text())["image"]
    assert published()[1] == f"{image['registry']}/{image['repository']}"


def test_the_documents_install_what_a_release_publishes() -> None:
    package, image, chart = published()
    quick_start = (ROOT / "docs/quickstart.md").read_text()
    assert f"$ pip install {package}\n" in quick_start
    assert f"$ docker pull {image}:VERSION\n" in quick_start
    assert f"$ helm install netwatch {chart} " in quick_start
    for name in (f"pip install {package}", image, chart):
        assert f"`{name}`" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_no_document_installs_anything_else(path: Path) -> None:
    package, _, chart = published()
    assert set(re.findall(r"oci://[\w./-]+", path.read_text())) <= {chart}
    assert set(re.findall(r"pip install [\"']?(\w[\w-]+)", path.read_text())) <= {package}


def test_only_jobs_that_publish_may_write_and_nothing_but_packages() -> None:
    writing = {
        name: {right for right, how in job.get("permissions", {}).items() if how == "write"}
        for file in WORKFLOWS
        for name, job in jobs(file.name).items()
        if "write" in job.get("permissions", {}).values()
    }
    packages = {"packages"}
    assert writing == {"pypi": {"id-token"}, "image": packages, "chart": packages}

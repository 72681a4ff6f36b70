"""An image that grows beyond what is small is noticed before it is released."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "scripts" / "image_size"


@pytest.mark.parametrize(("size_bytes", "code"), [(300_000_000, 0), (300_000_001, 1)])
def test_the_size_of_an_image_is_said_and_limited(
    tmp_path: Path, size_bytes: int, code: int
) -> None:
    docker = tmp_path / "docker"
    wanted = "image inspect --format {{.Size}} netwatch:1"
    docker.write_text(f'#!/bin/sh\n[ "$*" = "{wanted}" ] && echo {size_bytes}\n')
    docker.chmod(0o755)
    environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        [SCRIPT, "netwatch:1"], env=environ, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (code, "netwatch:1 has 300 MB, and may have 300\n")


def test_an_image_is_measured_where_it_is_installed_before_every_release() -> None:
    built, measured = 'docker build --tag "$image:install"', 'scripts/image_size "$image:install"'
    text = (ROOT / "scripts" / "kind").read_text()
    assert 0 <= text.find(built) < text.find(measured)

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from netwatch.config import load
from netwatch.configfile import ConfigFile
from netwatch.defaults import CLUSTER_CONFIG, DEFAULT_CONFIG
from netwatch.net.files import UnreadableFileError
from netwatch.validation import ConfigError

TEXT = "checks: {a: {source: {static: [127.0.0.1]}, probe: {icmp: }}}\n"
OTHER = TEXT.replace("127.0.0.1", "127.0.0.2")
A_WHILE_SECONDS = 10


class Told:
    """What the follower said since it was last asked."""

    def __init__(self) -> None:
        self.changes = 0
        self.errors: list[str] = []

    def change(self) -> None:
        self.changes += 1


@asynccontextmanager
async def following(file: ConfigFile) -> AsyncIterator[Told]:
    told = Told()
    async with asyncio.TaskGroup() as group:
        follower = file.follow(on_change=told.change, on_error=told.errors.append)
        task = group.create_task(follower, name="follower")
        await asyncio.sleep(A_WHILE_SECONDS)
        yield told
        task.cancel()


def written(path: Path, text: str = TEXT) -> ConfigFile:
    path.write_text(text)
    return ConfigFile(path, {})


def test_without_a_file_it_is_the_default_configuration() -> None:
    file = ConfigFile(None, {"HOST_IP": "nonsense"})
    assert file.load() == load(DEFAULT_CONFIG, "default", {})
    assert str(file) == "the default configuration"


def test_in_a_pod_it_is_that_of_a_cluster_with_its_variables() -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "NODE_NAME": "kube-1"}
    config = ConfigFile(None, environ).load()
    assert config == load(CLUSTER_CONFIG, "default", environ)
    assert config.node_name == "kube-1"


def test_a_file_is_read_again_at_each_load_with_its_variables(tmp_path: Path) -> None:
    path = tmp_path / "netwatch.yaml"
    path.write_text(TEXT)
    file = ConfigFile(path, {"ADDRESS": "127.0.0.9"})
    assert str(file) == str(path)
    assert list(file.load().checks) == ["a"]
    path.write_text(f'listen: ["${{ADDRESS}}:80"]\n{TEXT}')
    assert [str(address) for address in file.load().listen] == ["127.0.0.9:80"]


def test_an_error_names_file_line_and_column(tmp_path: Path) -> None:
    file = written(tmp_path / "netwatch.yaml", f"listen: 5\n{TEXT}")
    with pytest.raises(ConfigError) as caught:
        file.load()
    assert str(caught.value) == f"{file}:1:9: listen: found 5, expected a list"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = ConfigFile(tmp_path / "none.yaml", {})
    with pytest.raises(UnreadableFileError, match=r"none\.yaml: No such file or directory$"):
        file.load()


@pytest.mark.virtual_time
async def test_what_was_loaded_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "netwatch.yaml"
    file = written(path)
    file.load()
    async with following(file) as told:
        path.write_text(TEXT)
        os.utime(path)
        await asyncio.sleep(A_WHILE_SECONDS)
        assert (told.changes, told.errors) == (0, [])


@pytest.mark.virtual_time
async def test_an_edit_is_one_change(tmp_path: Path) -> None:
    path = tmp_path / "netwatch.yaml"
    file = written(path)
    file.load()
    async with following(file) as told:
        path.write_text(OTHER)
        await asyncio.sleep(A_WHILE_SECONDS)
        assert told.changes == 1


@pytest.mark.virtual_time
async def test_an_edit_that_somebody_loaded_already_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "netwatch.yaml"
    file = written(path)
    file.load()
    async with following(file) as told:
        path.write_text(OTHER)
        file.load()
        await asyncio.sleep(A_WHILE_SECONDS)
        assert told.changes == 0


@pytest.mark.virtual_time
@pytest.mark.parametrize("loaded", [OTHER, "checks: 5\n"])
async def test_an_edit_that_was_loaded_and_taken_back_between_two_looks_is_a_change(
    tmp_path: Path, loaded: str
) -> None:
    path = tmp_path / "netwatch.yaml"
    file = written(path)
    before = file.load()
    async with following(file) as told:
        path.write_text(loaded)
        try:
            file.load()
        except ConfigError:
            assert loaded != OTHER
        path.write_text(TEXT)
        await asyncio.sleep(A_WHILE_SECONDS)
        assert told.changes == 1
    assert file.load() == before


@pytest.mark.virtual_time
async def test_an_update_of_a_mounted_config_map_is_one_change(tmp_path: Path) -> None:
    for version, text in (("..1", TEXT), ("..2", OTHER)):
        (tmp_path / version).mkdir()
        (tmp_path / version / "netwatch.yaml").write_text(text)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "netwatch.yaml").symlink_to("..data/netwatch.yaml")
    file = ConfigFile(tmp_path / "netwatch.yaml", {})
    file.load()
    async with following(file) as told:
        (tmp_path / "..data_tmp").symlink_to("..2")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        await asyncio.sleep(A_WHILE_SECONDS)
        assert (told.changes, told.errors) == (1, [])


@pytest.mark.virtual_time
async def test_a_file_that_vanishes_is_said_once_and_its_return_is_a_change(
    tmp_path: Path,
) -> None:
    path = tmp_path / "netwatch.yaml"
    file = written(path)
    file.load()
    async with following(file) as told:
        path.unlink()
        await asyncio.sleep(A_WHILE_SECONDS)
        assert told.errors == [f"{path}: No such file or directory"]
        path.write_text(TEXT)
        await asyncio.sleep(A_WHILE_SECONDS)
        assert told.changes == 1


def test_what_is_shown_has_neither_secrets_nor_values_of_the_environment(tmp_path: Path) -> None:
    file = ConfigFile(tmp_path / "netwatch.yaml", {"TOKEN": "canary", "TEAM": "canary"})
    (tmp_path / "netwatch.yaml").write_text(
        """\
checks:
  web:
    source: {static: ["https://wiki.example"]}
    probe:
      http:
        bearer_token: ${TOKEN}
        headers: {Cookie: canary}
        proxy: "http://me:canary@proxy:3128"
    labels: {team: "${TEAM}"}
"""
    )
    file.load()
    assert json.loads(file.shown()())["checks"]["web"] == {
        "source": {"static": ["https://wiki.example"]},
        "probe": {
            "http": {
                "bearer_token": "**********",
                "headers": {"Cookie": "**********"},
                "proxy": "http://…@proxy:3128",
            }
        },
        "labels": {"team": "${TEAM}"},
    }


def test_without_a_file_the_default_configuration_is_shown() -> None:
    file = ConfigFile(None, {})
    file.load()
    assert "local" in json.loads(file.shown()())["checks"]

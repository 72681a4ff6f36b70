import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from netwatch.sources.file import FileOptions
from tests.kubernetes.keepingup import without_cluster
from tests.sources.publisher import Published

pytestmark = pytest.mark.virtual_time


@asynccontextmanager
async def following(path: Path) -> AsyncIterator[Published]:
    published = Published()
    source = FileOptions.model_validate({"path": str(path), "interval": "2s"}).open(
        without_cluster()
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(source.run(published), name="source")
        await asyncio.sleep(0.5)
        yield published
        running.cancel()


async def test_the_targets_of_the_file_are_published_at_once_and_when_they_change(
    tmp_path: Path,
) -> None:
    path = tmp_path / "targets.yaml"
    path.write_text("- wiki\n")
    async with following(path) as published:
        assert published.names == ["wiki"]
        path.write_text("- wiki\n- other\n")
        await asyncio.sleep(1)
        assert published.names == ["wiki"]
        await asyncio.sleep(1)
        assert published.names == ["wiki", "other"]
        await asyncio.sleep(10)
        assert len(published.snapshots) == 2


async def test_a_wrong_entry_is_said_and_the_last_good_targets_stay(tmp_path: Path) -> None:
    path = tmp_path / "targets.json"
    path.write_text('["wiki"]')
    async with following(path) as published:
        path.write_text('["wiki", "a b"]')
        await asyncio.sleep(10)
        assert len(published.snapshots) == 1
        (failure,) = published.failures
        assert failure == f'{path}: [1].host: found "a b", expected an IP address or a host name'
        path.write_text('["wiki", "ab"]')
        await asyncio.sleep(2)
        assert published.names == ["wiki", "ab"]


async def test_json_is_told_by_the_name_of_the_file(tmp_path: Path) -> None:
    for name in ("targets.json", "targets.yaml"):
        (tmp_path / name).write_text("- wiki")
    async with following(tmp_path / "targets.json") as published:
        assert (len(published.snapshots), len(published.failures)) == (0, 1)
    async with following(tmp_path / "targets.yaml") as published:
        assert (len(published.snapshots), len(published.failures)) == (1, 0)


async def test_a_missing_file_is_a_failure_until_it_comes(tmp_path: Path) -> None:
    path = tmp_path / "targets.yaml"
    async with following(path) as published:
        assert published.failures == [f"{path}: No such file or directory"]
        path.write_text("- wiki")
        await asyncio.sleep(2)
        assert published.names == ["wiki"]


def test_a_path_must_be_given() -> None:
    with pytest.raises(ValidationError, match="path"):
        FileOptions.model_validate({})
    assert FileOptions(path="targets.yaml").interval == 1

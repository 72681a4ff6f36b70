import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from netwatch.net.files import MAX_BYTES, ChangingFile, UnreadableFileError, follow_file


class Told:
    """What the follower said, in order."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def text(self, text: str) -> None:
        self.all.append(f"text {text}")

    def error(self, error: str) -> None:
        self.all.append(f"error {error}")


async def follow(path: Path, told: Told) -> None:
    file = ChangingFile(path)
    await follow_file(file, on_text=told.text, on_error=told.error, interval_seconds=1)


@pytest.mark.virtual_time
async def test_the_content_is_told_at_once_and_then_only_when_it_changes(tmp_path: Path) -> None:
    path, told = tmp_path / "file", Told()
    path.write_text("one")
    async with asyncio.TaskGroup() as group:
        follower = group.create_task(follow(path, told), name="follower")
        await asyncio.sleep(10.5)
        assert told.all == ["text one"]
        path.write_text("two")
        await asyncio.sleep(10)
        os.utime(path, (0, 0))
        await asyncio.sleep(10)
        assert told.all == ["text one", "text two"]
        follower.cancel()


@pytest.mark.virtual_time
async def test_the_swap_of_a_configmap_is_seen(tmp_path: Path) -> None:
    for version in ("one", "two"):
        (tmp_path / f"..{version}").mkdir()
        (tmp_path / f"..{version}" / "file").write_text(version)
    (tmp_path / "..data").symlink_to("..one")
    (tmp_path / "file").symlink_to("..data/file")
    told = Told()
    async with asyncio.TaskGroup() as group:
        follower = group.create_task(follow(tmp_path / "file", told), name="follower")
        await asyncio.sleep(5.5)
        (tmp_path / "..data_tmp").symlink_to("..two")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        await asyncio.sleep(1)
        assert told.all == ["text one", "text two"]
        follower.cancel()


@pytest.mark.virtual_time
async def test_a_file_that_vanishes_is_one_error_and_not_the_end(tmp_path: Path) -> None:
    path, told = tmp_path / "file", Told()
    path.write_text("one")
    async with asyncio.TaskGroup() as group:
        follower = group.create_task(follow(path, told), name="follower")
        await asyncio.sleep(1.5)
        path.unlink()
        await asyncio.sleep(10)
        path.write_text("one")
        await asyncio.sleep(10)
        error = f"error {path}: No such file or directory"
        assert told.all == ["text one", error, "text one"]
        follower.cancel()


@pytest.mark.virtual_time
async def test_each_other_reason_is_an_error_of_its_own(tmp_path: Path) -> None:
    path, told = tmp_path / "file", Told()
    async with asyncio.TaskGroup() as group:
        follower = group.create_task(follow(path, told), name="follower")
        await asyncio.sleep(5.5)
        path.write_bytes(b"\xff")
        await asyncio.sleep(5)
        assert len(told.all) == 2
        assert "found the byte 0xff in line 1, expected UTF-8" in told.all[1]
        follower.cancel()


def test_a_second_write_in_the_same_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("one")
    os.utime(path, ns=(1, 1))
    file = ChangingFile(path)
    assert file.changed() == "one"
    path.write_text("two")
    os.utime(path, ns=(1, 1))
    assert file.changed() == "two"


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbfone")
    assert ChangingFile(tmp_path / "file").changed() == "one"


def test_an_endless_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    os.truncate(path, MAX_BYTES + 1)
    with pytest.raises(UnreadableFileError, match="found more than 16777216 bytes"):
        ChangingFile(path).changed()


def test_a_pipe_without_a_writer_does_not_stop_the_agent(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableFileError, match="expected a regular file"):
        ChangingFile(tmp_path / "pipe").changed()


@pytest.mark.virtual_time
async def test_following_ends_when_it_is_cancelled(tmp_path: Path) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(3):
            await follow(tmp_path, Told())

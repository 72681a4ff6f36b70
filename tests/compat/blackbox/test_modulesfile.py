import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from netwatch.compat.blackbox.modules import Module, read_modules
from netwatch.compat.blackbox.modulesfile import ModulesFile
from netwatch.compat.blackbox.options import BlackboxOptions
from netwatch.net.files import UnreadableFileError
from netwatch.validation import ConfigError

GOOD = "modules: {ping: {prober: icmp}}"


def options(path: Path) -> BlackboxOptions:
    return BlackboxOptions.model_validate({"config": str(path), "allow": ["10.0.0.0/8"]})


def write(path: Path, text: str) -> None:
    """Replace the file, as ConfigMaps and editors do."""
    (path.parent / "next").write_text(text)
    Path(path.parent / "next").replace(path)


def modules_file() -> ModulesFile[Mapping[str, Module]]:
    return ModulesFile(lambda options, text: read_modules(text, options.config))


def remove(path: Path) -> None:
    path.unlink()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "blackbox.yml").write_text(GOOD)
    return tmp_path / "blackbox.yml"


def test_it_reads_the_modules_each_time(path: Path) -> None:
    file = modules_file()
    assert list(file.load(options(path)) or ()) == ["ping"]
    write(path, GOOD.replace("ping", "pong"))
    assert list(file.load(options(path)) or ()) == ["pong"]
    assert file.load(None) is None


def test_what_is_wrong_is_said_with_the_name_of_the_file(path: Path) -> None:
    path.write_text("modules: {a: {prober: x}}")
    with pytest.raises(ConfigError, match=f'{path}:1:23: modules.a.prober: found "x"'):
        modules_file().load(options(path))
    with pytest.raises(UnreadableFileError, match=r"missing\.yml: No such file"):
        modules_file().load(options(path.with_name("missing.yml")))


@pytest.mark.virtual_time
async def test_what_was_told_when_it_was_loaded_is_not_told_again(path: Path) -> None:
    file, changes = modules_file(), []
    remove(path)
    with pytest.raises(UnreadableFileError):
        file.load(options(path))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(file.follow(lambda: changes.append(1)), name="follow")
        await asyncio.sleep(3)
        assert changes == []
        write(path, GOOD)
        await asyncio.sleep(3)
        assert len(changes) == 1
        task.cancel()


@pytest.mark.virtual_time
async def test_a_change_is_noticed_once_and_so_is_a_loss(path: Path) -> None:
    file, changes = modules_file(), []
    file.load(options(path))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(file.follow(lambda: changes.append(1)), name="follow")
        await asyncio.sleep(3.5)
        assert changes == []
        write(path, GOOD.replace("ping", "pong"))
        await asyncio.sleep(3)
        assert len(changes) == 1
        remove(path)
        await asyncio.sleep(3)
        assert len(changes) == 2
        write(path, GOOD)
        await asyncio.sleep(3)
        assert len(changes) == 3
        file.load(None)
        write(path, GOOD.replace("ping", "pong"))
        await asyncio.sleep(3)
        assert len(changes) == 3
        task.cancel()

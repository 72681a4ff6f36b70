import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, Gauge
from pydantic import TypeAdapter, ValidationError

from netwatch.exposition.store import Store
from netwatch.exposition.table import Table
from netwatch.rendering import Renderer
from netwatch.sinks.textfile import TEXTFILE_FAMILIES, Textfile, TextfileItem, TextfileOptions

ITEM: TypeAdapter[TextfileOptions] = TypeAdapter(TextfileItem)
ERRORS = "netwatch_textfile_errors_total"


class Written:
    """A text file that tells how often it was rendered."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.renders = 0
        gauge = Gauge("renders", "How often it was rendered.", registry=registry)
        gauge.set_function(self._count)
        store, table = Store(registry), Table(TEXTFILE_FAMILIES)
        store.add(table)
        self.textfile = Textfile(store, Renderer(nullcontext), table)

    def _count(self) -> float:
        self.renders += 1
        return self.renders

    def configure(self, path: Path, interval: float = 15.0) -> None:
        self.textfile.configure(TextfileOptions(path=str(path), interval=f"{interval:g}s"))  # type: ignore[arg-type]  # as written

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self.textfile.run(), name="text file")
            await asyncio.sleep(1)
            yield
            task.cancel()


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


pytestmark = pytest.mark.virtual_time


async def test_the_file_is_written_at_once_and_again_after_the_interval(tmp_path: Path) -> None:
    path, written = tmp_path / "netwatch.prom", Written()
    written.configure(path)
    async with written.running():
        assert "\nrenders 1.0\n" in path.read_text()
        assert f"\n{ERRORS} 0\n" in path.read_text()
        await asyncio.sleep(15)
        assert "\nrenders 2.0\n" in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        assert files(tmp_path) == [path]


async def test_the_file_is_gone_at_the_end(tmp_path: Path) -> None:
    written = Written()
    written.configure(tmp_path / "netwatch.prom")
    async with written.running():
        assert files(tmp_path)
    assert files(tmp_path) == []


async def test_another_path_moves_it_at_once_and_none_removes_it(tmp_path: Path) -> None:
    first, second, written = tmp_path / "first.prom", tmp_path / "second.prom", Written()
    async with written.running():
        assert written.renders == 0
        for path in (first, second):
            written.configure(path)
            await asyncio.sleep(1)
            assert files(tmp_path) == [path]
        written.textfile.configure(None)
        await asyncio.sleep(1)
        assert files(tmp_path) == []


async def test_a_missing_folder_is_said_once_counted_each_time_and_no_end(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder, written = tmp_path / "later", Written()
    path = folder / "netwatch.prom"
    written.configure(path)
    async with written.running():
        await asyncio.sleep(15)
        assert caplog.messages == [f"{path}: not written: No such file or directory"]
        folder.mkdir()
        await asyncio.sleep(15)
        assert f"\n{ERRORS} 2\n" in path.read_text()


async def test_no_stale_file_stays_where_it_cannot_be_renewed(tmp_path: Path) -> None:
    path, written = tmp_path / "netwatch.prom", Written()
    written.configure(path)
    async with written.running():
        (tmp_path / "netwatch.prom.tmp").mkdir()
        await asyncio.sleep(15)
        assert not path.exists()


async def test_a_link_where_it_writes_leads_nowhere(tmp_path: Path) -> None:
    other, written = tmp_path / "other", Written()
    other.write_text("precious")
    (tmp_path / "netwatch.prom.tmp").symlink_to(other)
    written.configure(tmp_path / "netwatch.prom")
    async with written.running():
        assert (tmp_path / "netwatch.prom").exists()
        assert other.read_text() == "precious"


def test_a_path_alone_is_all_that_must_be_said() -> None:
    assert ITEM.validate_python("a.prom") == ITEM.validate_python({"path": "a.prom"})
    assert ITEM.validate_python({"path": "a.prom", "interval": "1m"}).interval == 60


@pytest.mark.parametrize("wrong", ["", 7, {}, {"path": "a", "interval": "10ms"}])
def test_what_is_no_path_is_an_error(wrong: object) -> None:
    with pytest.raises(ValidationError):
        ITEM.validate_python(wrong)

"""What all tests share: event loops by choice, and the test hosts."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.namespaces import Namespace
from tests.virtual_loop import VirtualTimeLoop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests marked `virtual_time` do not wait; all others run on asyncio's own loop."""
    del config
    if item.get_closest_marker("virtual_time"):
        return {"virtual": VirtualTimeLoop}
    return {"asyncio": asyncio.SelectorEventLoop}


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail where nothing may be skipped: a test that never runs proves nothing."""
    del exitstatus
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and os.environ.get("NETWATCH_TESTS_MAY_NOT_SKIP"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture
def netns() -> Iterator[Callable[[str], Namespace]]:
    """Make network namespaces by name: `client = netns("client")`; for tests marked `netns`."""
    if os.geteuid() != 0:
        pytest.skip("only root makes network namespaces")
    for program in ("ip", "nft"):
        if shutil.which(program) is None:
            pytest.skip(f"the program {program} is not installed")
    made: list[Namespace] = []

    def make(name: str) -> Namespace:
        made.append(Namespace(name))
        return made[-1]

    yield make
    for namespace in made:
        namespace.close()
